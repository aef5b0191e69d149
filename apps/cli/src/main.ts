import { processTerminal } from "./process-terminal.ts";
import { runCli } from "./run-cli.ts";

export type { ExitCode } from "./exit-code.ts";
export { exitCodes } from "./exit-code.ts";
export { runCli } from "./run-cli.ts";
export type { Question, Terminal } from "./terminal.ts";

/** The `millrace` command: reads the process's arguments and sets its exit code. */
export async function main(): Promise<void> {
  // `millrace runs list | head` closes our output early, which is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  process.exitCode = await runCli(process.argv.slice(2), processTerminal());
}
