import { check, type RunRow } from "../check.ts";
import type { Fault } from "../fault.ts";
import type { Findings } from "../findings.ts";
import type { Flow } from "../flow.ts";
import { holderOf, recoveryTimes } from "../kill-points.ts";
import { delay } from "../until.ts";
import type { World } from "../world.ts";

const recoveryLimitMs = 60_000;
const leastShare = 0.8;
const mostKillsEach = 3;
const goodPerS = 20;
const aloneMs = 15_000;

export const poison: Fault = {
  id: "F3",
  title: "a poison payload that kills its worker every time",
  layout: "split",
  async inject(world, findings, size) {
    const bad = await world.newFlow("f3-poison", { timeout: "20s" });
    const good = await world.newFlow("f3-good");
    const poisons = size.times(5, 2);
    world.sink.setMode(bad.name, { kind: "hang" });
    const goods = world.send(good, { count: 100_000, ratePerS: goodPerS, connections: 20, resends: true });
    await delay(aloneMs);
    const poisonedAt = Date.now();
    const killing = killOnEveryCall(world, bad);
    await world.send(bad, { count: poisons, connections: 5, resends: true }).done;
    const poisoned = await check(world, bad, findings, { boundMs: 120_000, endings: ["failed"] });
    const curedAt = Date.now();
    const { kills, recoveries } = await killing.end();
    goods.stop();
    await goods.done;
    findings.must(
      poisoned.every(({ failure }) => failure?.includes("quarantined") === true),
      "a poison run did not end as quarantined",
    );
    judgeKills(kills, poisons, findings);
    findings.recovered(Math.max(0, ...recoveries));
    const runs = await check(world, good, findings, { boundMs: 60_000 });
    const among = runs.filter(({ queuedAt }) => queuedAt < curedAt).length;
    findings.note(`${poisons} poison runs among ${among} good ones`);
    findings.must(among >= size.times(500), `only ${among} good runs; ${size.times(500)} were asked for`);
    judgeThroughput(runs, poisonedAt, curedAt, findings);
  },
};

function judgeKills(kills: ReadonlyMap<string, number>, poisons: number, findings: Findings): void {
  const worst = Math.max(0, ...kills.values());
  const total = [...kills.values()].reduce((sum, times) => sum + times, 0);
  findings.note(
    `${total} workers killed, ${worst} by one poison run (bars ${poisons * mostKillsEach}, ${mostKillsEach})`,
  );
  findings.must(total > 0, "no worker was killed");
  findings.must(
    worst <= mostKillsEach,
    `a poison run killed its worker ${worst} times; at most ${mostKillsEach} times are allowed`,
  );
}

/** Good runs a second that ended while workers died, against those before. */
function judgeThroughput(runs: readonly RunRow[], poisonedAt: number, curedAt: number, findings: Findings): void {
  const ended = (from: number, until: number) =>
    (runs.filter(({ finishedAt }) => finishedAt !== null && finishedAt >= from && finishedAt < until).length * 1_000) /
    (until - from);
  const alone = ended(poisonedAt - aloneMs * leastShare, poisonedAt);
  const beside = ended(poisonedAt, curedAt);
  const shown = `${beside.toFixed(1)} good runs/s while workers died, ${alone.toFixed(1)} before`;
  findings.note(`${shown} (bar ${leastShare * 100} %)`);
  findings.must(beside >= alone * leastShare, `${shown}; the bar is ${leastShare * 100} %`);
}

type Killing = { end(): Promise<{ kills: ReadonlyMap<string, number>; recoveries: readonly number[] }> };

/** As a payload that ends its worker: whoever calls for a run of this flow dies, and is started again. */
function killOnEveryCall(world: World, flow: Flow): Killing {
  const kills = new Map<string, number>();
  const recoveries: Promise<number[]>[] = [];
  let isOver = false;
  const stopWatching = world.sink.watch(flow.name, async ({ run }) => {
    const worker = await holderOf(world, run, world.workers);
    if (!worker) return;
    kills.set(run, (kills.get(run) ?? 0) + 1);
    const { pid } = worker;
    worker.killNow();
    recoveries.push(recoveryTimes(world, { pid, at: Date.now() }, recoveryLimitMs));
  });
  const restarting = world.workers.map(async (worker) => {
    while (!isOver) {
      if (!worker.isRunning()) await worker.start();
      await delay(50);
    }
  });
  return {
    async end() {
      isOver = true;
      stopWatching();
      await Promise.all(restarting);
      return { kills, recoveries: (await Promise.all(recoveries)).flat() };
    },
  };
}
