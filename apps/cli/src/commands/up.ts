import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import { exitCodes } from "../exit-code.ts";
import { repositoryRoot } from "../repository-root.ts";
import type { Session } from "../session.ts";

/** `millrace up` is `npm start`: the same script, with its arguments and signals passed on. */
export function addUp(program: Command, session: Session): void {
  program
    .command("up")
    .description("start the server and worker, as npm start does")
    .argument("[arguments...]", "passed on")
    .allowUnknownOption()
    .action(async (args: string[]) => {
      const code = await runScript(join(repositoryRoot, "scripts", "start.mjs"), args);
      session.exitCode = code === 0 ? exitCodes.ok : code === 130 ? exitCodes.interrupted : exitCodes.failure;
    });
}

function runScript(script: string, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [script, ...args], { stdio: "inherit", cwd: repositoryRoot });
  // The server takes its time to stop in order; we must not be gone before it.
  const passOn = (signal: NodeJS.Signals) => {
    // Ctrl-C reaches the whole group by itself, and a second one would cut the server's orderly end short.
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, passOn);
  return new Promise((resolve, reject) => {
    child.once("error", (cause) =>
      reject(new CliError({ code: "start_failed", message: `The server could not be started: ${cause.message}` })),
    );
    child.once("close", (code, signal) => {
      for (const each of signals) process.off(each, passOn);
      resolve(code ?? (signal === "SIGINT" ? 130 : 1));
    });
  });
}
