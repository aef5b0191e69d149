import { check } from "../check.ts";
import type { Fault } from "../fault.ts";
import { type Findings, percentile } from "../findings.ts";
import { openFiles, residentMb } from "../memory.ts";
import type { ServerProcess } from "../server-process.ts";
import { delay } from "../until.ts";
import { restart, type World } from "../world.ts";

const minutes = 10;
const ratePerS = 200;
/** Caches and heaps fill first. */
const warmUpMs = 120_000;
const sampleEveryMs = 30_000;
/** Until a collection is done and its pages are back with the system. */
const collectionMs = 3_000;
/** What must not grow, and the bar of its growth in a minute. */
const judged = {
  mb: { unit: "MB after collections", bar: 1 },
  files: { unit: "open files", bar: 1 },
};
const drainLimitMs = 60_000;
const redisAwayMs = 1_000;

/** Ten minutes, so it is not part of the table unless it is asked for: `--only F28`. */
export const soak: Fault = {
  id: "F28",
  title: `${minutes} minutes of ${ratePerS} webhooks/s with random faults`,
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
    const [sizes, faults] = await Promise.all([sampleSizes(world, endsAt), breakAtRandom(world, endsAt, findings)]);
    sending.stop();
    await sending.done;
    findings.note(faults.join(", "));
    await check(world, flow, findings, { boundMs: 120_000 });
    for (const [name, samples] of sizes) {
      judgeSlope(name, samples, "mb", findings);
      judgeSlope(name, samples, "files", findings);
    }
    for (const survivor of survivorsOf(world)) await restart(survivor);
  },
};

type Sample = { minute: number } & Record<keyof typeof judged, number>;

/** The processes that nobody kills: one that takes webhooks, one that works. */
const survivorsOf = ({ ingresses, workers }: World) => [ingresses[0], workers[0]];

/** Resident memory after a collection of each: garbage that waits to be collected is no growth. And what it keeps open. */
async function sampleSizes(world: World, endsAt: number): Promise<Map<string, Sample[]>> {
  const survivors = survivorsOf(world);
  const sizes = new Map<string, Sample[]>(survivors.map(({ name }) => [name, []]));
  const beganAt = performance.now();
  while (performance.now() < endsAt) {
    for (const survivor of survivors) survivor.signal("SIGUSR2");
    await delay(collectionMs);
    for (const { name, pid } of survivors) {
      const minute = (performance.now() - beganAt) / 60_000;
      sizes.get(name)?.push({ minute, mb: residentMb(pid), files: openFiles(pid) });
    }
    await delay(sampleEveryMs - collectionMs);
  }
  return sizes;
}

/** Every kind of fault in any order, then again in another one, until the end is near. */
async function breakAtRandom(world: World, endsAt: number, findings: Findings): Promise<string[]> {
  const faults = faultsOf(world, findings);
  const counts = faults.map(() => 0);
  for (;;) {
    for (const place of world.random.order(faults.length)) {
      await delay(20_000 + world.random.below(20_000));
      if (performance.now() > endsAt - 30_000) return faults.map(([name], index) => `${counts[index]} ${name}`);
      await faults[place]?.[1]();
      counts[place] = (counts[place] ?? 0) + 1;
    }
  }
}

function faultsOf({ workers, ingresses, stores }: World, findings: Findings): [string, () => Promise<void>][] {
  const { redis } = stores;
  const faults: [string, () => Promise<void>][] = [
    ["kills of a worker", () => killAndStart(workers[1])],
    ["kills of an ingress", () => killAndStart(ingresses[1])],
    ["drains of a worker", () => drainAndStart(workers[1], findings)],
    ["drains of an ingress", () => drainAndStart(ingresses[1], findings)],
    ["wipes of the queue", () => stores.wipeQueue()],
    ["crashes of a PostgreSQL session", () => stores.crashPostgres("backend killed")],
    ["crashes of PostgreSQL", () => stores.crashPostgres("immediate")],
  ];
  if (!redis) return faults;
  const restartRedis = async () => {
    await redis.kill();
    await delay(redisAwayMs);
    await redis.restart();
  };
  return [...faults, ["kills of Redis", restartRedis]];
}

async function drainAndStart(process: ServerProcess, findings: Findings): Promise<void> {
  const code = await process.stop(drainLimitMs);
  findings.must(code === 0, `${process.name} ended with ${code} after SIGTERM`);
  await process.start();
}

async function killAndStart(process: ServerProcess): Promise<void> {
  await process.kill();
  await process.start();
}

/**
 * The median of the slopes between any two samples (Theil and Sen), after the warm-up: what grows shows in it, and a sample that was
 * taken in the middle of a kill's aftermath does not.
 */
function judgeSlope(name: string, samples: readonly Sample[], of: keyof typeof judged, findings: Findings): void {
  const { unit, bar } = judged[of];
  const warm = samples.filter(({ minute }) => minute * 60_000 > warmUpMs);
  const slopes = warm.flatMap((from, index) =>
    warm.slice(index + 1).map((to) => (to[of] - from[of]) / (to.minute - from.minute)),
  );
  const slope = percentile(slopes, 0.5) ?? 0;
  const shown = `${slope.toFixed(2)} a minute`;
  findings.note(`${name}: ${warm.map((sample) => Math.round(sample[of])).join(" ")} ${unit}, ${shown}`);
  findings.must(slope < bar, `${name} grows by ${shown} (${unit}); the bar is ${bar}`);
}
