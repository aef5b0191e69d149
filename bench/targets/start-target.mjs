import { startProgram } from "../machine/processes.mjs";

/** Starts one of the programs beside this file that listen and say where. */
export async function startTarget(name, options = {}) {
  const program = startProgram(new URL(name, import.meta.url), options);
  const { url } = await program.firstMessage;
  return { url, ask: program.ask, output: program.output, pid: program.pid, stop: () => program.end("SIGTERM") };
}
