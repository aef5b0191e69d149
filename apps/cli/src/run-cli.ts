import { CommanderError } from "commander";
import { usageError } from "./cli-error.ts";
import { type ExitCode, exitCodes } from "./exit-code.ts";
import { problemOf } from "./problem-of.ts";
import { createProgram } from "./program.ts";
import { reportProblem } from "./report-problem.ts";
import { openSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";

/** Runs one command, such as `["runs", "list"]`, and resolves with its exit code. Never throws. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  // Read by hand, because errors in the arguments themselves must come as JSON as well.
  const session = openSession(terminal, args.includes("--json"));
  try {
    await createProgram(session).parseAsync(args, { from: "user" });
    return session.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.ok; // --help
      if (error.code === "commander.help") return exitCodes.usage; // a group without a command: its help was shown
    }
    const problem = problemOf(error instanceof CommanderError ? fromArguments(error) : error, session);
    reportProblem(problem, session);
    return problem.exitCode;
  }
}

function fromArguments(error: CommanderError): Error {
  const message = withoutValues(error.message.replace(/^error: /, "").replaceAll("\n", " "));
  return usageError(`${message.charAt(0).toUpperCase()}${message.slice(1)}`, "See millrace COMMAND --help.");
}

/** `--token=abc` and `-kabc` are quoted back as their names only: the rest may be a secret. */
function withoutValues(message: string): string {
  return message.replace(/'(--[^'=]*)=[^']*'/g, "'$1'").replace(/'(-[^'-])[^']*'/g, "'$1'");
}
