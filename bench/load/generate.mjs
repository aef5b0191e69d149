import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onEnd, startProgram } from "../machine/processes.mjs";

const program = new URL("generator.mjs", import.meta.url);

/**
 * Sends load from a process of its own and resolves with what it saw. `load` has `url` and `connections`, and either
 * `ratePerSecond` with `durationMs` (open loop), or `count`, or `durationMs` with `warmUpMs` (closed loop).
 * With `keepsRunIds` the answer holds the id of every acknowledged run, and when.
 */
export async function generate(load) {
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const removeFolder = onEnd(async () => rmSync(folder, { recursive: true, force: true }));
  const runIdsFile = load.keepsRunIds ? join(folder, "run-ids.json") : undefined;
  try {
    const generator = startProgram(program, { args: [JSON.stringify({ ...load, runIdsFile })] });
    const seen = await generator.firstMessage;
    await generator.ended;
    const acks = runIdsFile ? JSON.parse(readFileSync(runIdsFile, "utf8")) : { runIds: [], ackedAtMs: [] };
    if (seen.broken > 0) throw new Error(`${seen.broken} connections broke under load to ${load.url}.`);
    return { ...seen, ...acks };
  } finally {
    await removeFolder();
  }
}
