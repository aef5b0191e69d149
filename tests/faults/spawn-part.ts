import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("run.mjs", import.meta.url));

/** Starts a part of the harness as a process of its own; it ends with the harness, however that ends. */
export function spawnPart(name: "sink" | "producer" | "refuser", args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [program, "--part", name, ...args], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

export async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
  return child.exitCode;
}
