import { check } from "../check.ts";
import type { Fault } from "../fault.ts";
import { type Findings, percentile } from "../findings.ts";
import { residentMb } from "../memory.ts";
import { delay } from "../until.ts";
import { restart, type World } from "../world.ts";

const minutes = 10;
const ratePerS = 200;
/** Caches and heaps fill first. */
const warmUpMs = 120_000;
const sampleEveryMs = 30_000;
/** Until a collection is done and its pages are back with the system. */
const collectionMs = 3_000;
const slopeBarMbPerMin = 1;

/** Ten minutes, so it is not part of the table unless it is asked for: `--only F28`. */
export const soak: Fault = {
  id: "F28",
  title: `${minutes} minutes of ${ratePerS} webhooks/s with random kills`,
  layout: "split",
  isDirect: true,
  isOnRequest: true,
  async inject(world, findings) {
    const flow = await world.newFlow("f28", { counts: false, canary: false });
    for (const survivor of survivorsOf(world)) await restart(survivor, { preload: "collect-garbage" });
    const endsAt = performance.now() + minutes * 60_000;
    const sending = world.send(flow, {
      ...{ count: ratePerS * 60 * minutes, ratePerS, connections: 100, resends: true, timeoutMs: 30_000 },
    });
    const [sizes, kills] = await Promise.all([sampleMemory(world, endsAt), killAtRandom(world, endsAt)]);
    sending.stop();
    await sending.done;
    findings.note(kills.join(", "));
    await check(world, flow, findings, { boundMs: 120_000 });
    for (const [name, samples] of sizes) judgeSlope(name, samples, findings);
    for (const survivor of survivorsOf(world)) await restart(survivor);
  },
};

type Sample = { minute: number; mb: number };

/** The processes that nobody kills: one that takes webhooks, one that works. */
const survivorsOf = ({ ingresses, workers }: World) => [ingresses[0], workers[0]];

/** Resident memory after a collection of each: garbage that waits to be collected is no growth. */
async function sampleMemory(world: World, endsAt: number): Promise<Map<string, Sample[]>> {
  const survivors = survivorsOf(world);
  const sizes = new Map<string, Sample[]>(survivors.map(({ name }) => [name, []]));
  const beganAt = performance.now();
  while (performance.now() < endsAt) {
    for (const survivor of survivors) survivor.signal("SIGUSR2");
    await delay(collectionMs);
    for (const { name, pid } of survivors) {
      sizes.get(name)?.push({ minute: (performance.now() - beganAt) / 60_000, mb: residentMb(pid) });
    }
    await delay(sampleEveryMs - collectionMs);
  }
  return sizes;
}

async function killAtRandom(world: World, endsAt: number): Promise<string[]> {
  const counts = new Map<string, number>();
  const acts = {
    "kills of a worker": () => killAndStart(world.workers[1]),
    "kills of an ingress": () => killAndStart(world.ingresses[1]),
    "wipes of the queue": () => world.stores.wipeQueue(),
    "crashes of a PostgreSQL session": () => world.stores.crashPostgres("backend killed"),
  };
  const names = Object.keys(acts) as [keyof typeof acts, ...(keyof typeof acts)[]];
  for (;;) {
    await delay(20_000 + world.random.below(20_000));
    if (performance.now() > endsAt - 30_000) return [...counts].map(([name, count]) => `${count} ${name}`);
    const name = world.random.pick(names);
    await acts[name]();
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
}

async function killAndStart(process: World["workers"][number]): Promise<void> {
  await process.kill();
  await process.start();
}

/**
 * The median of the slopes between any two samples (Theil and Sen), after the warm-up: what grows shows in it, and a sample that was
 * taken in the middle of a kill's aftermath does not.
 */
function judgeSlope(name: string, samples: readonly Sample[], findings: Findings): void {
  const warm = samples.filter(({ minute }) => minute * 60_000 > warmUpMs);
  const slopes = warm.flatMap((from, index) =>
    warm.slice(index + 1).map((to) => (to.mb - from.mb) / (to.minute - from.minute)),
  );
  const slope = percentile(slopes, 0.5) ?? 0;
  const shown = slope.toFixed(2);
  const seen = warm.map(({ mb }) => Math.round(mb)).join(" ");
  findings.note(`${name}: ${seen} MB after collections, ${shown} MB/min`);
  findings.must(slope < slopeBarMbPerMin, `${name} grows by ${shown} MB/min; the bar is ${slopeBarMbPerMin} MB/min`);
}
