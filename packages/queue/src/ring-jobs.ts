import type { RingJob } from "./store-port.ts";

export const runIdsPerJob = 50;

export type Ring = { runIds: readonly string[]; delayMs: number };

/** As few jobs as announce these rings: rings of the same delay share jobs of up to 50 ids, each id once. */
export function ringJobs(rings: readonly Ring[]): RingJob[] {
  const idsByDelay = new Map<number, Set<string>>();
  for (const { runIds, delayMs } of rings) {
    const ids = idsByDelay.get(delayMs) ?? new Set();
    for (const id of runIds) ids.add(id);
    idsByDelay.set(delayMs, ids);
  }
  const jobs: RingJob[] = [];
  for (const [delayMs, unique] of idsByDelay) {
    const ids = [...unique];
    for (let start = 0; start < ids.length; start += runIdsPerJob) {
      const runIds = ids.slice(start, start + runIdsPerJob);
      jobs.push({ name: "run.advance", data: { runIds }, opts: delayMs > 0 ? { delay: delayMs } : {} });
    }
  }
  return jobs;
}
