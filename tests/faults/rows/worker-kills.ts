import { check, runsOf } from "../check.ts";
import type { Fault } from "../fault.ts";
import { type Findings, percentile, seconds } from "../findings.ts";
import type { Flow } from "../flow.ts";
import { groupBy } from "../group-by.ts";
import { type Killed, killAtPoint, killDuringCall, recoveryTimes, runsOfHolder, workerPoints } from "../kill-points.ts";
import type { ServerProcess } from "../server-process.ts";
import type { SinkCall } from "../sink-messages.ts";
import { delay, poll } from "../until.ts";
import type { World } from "../world.ts";

const recoveryBarMs = 25_000;
const recoveryLimitMs = 60_000;
const repeatedLimitMs = 180_000;
type Moment = keyof typeof workerPoints | "during the call" | "a random moment";
const moments: readonly Moment[] = [
  "during the call",
  "after the claim, before the call",
  "before a step's record",
  "after a step's record",
  "before the run's end commits",
  "after the run's end commits",
  "a random moment",
];

export const workerKills: readonly Fault[] = [
  {
    id: "F1",
    title: "kill -9 of a worker in the middle of a step; then again as soon as the next point comes by",
    layout: "split",
    async inject(world, findings, size) {
      const flow = await world.newFlow("f1", { timeout: "20s" });
      const once = await world.newFlow("f1-once", { timeout: "20s", atMostOnce: true });
      for (const { name } of [flow, once]) world.sink.setMode(name, { kind: "answer", status: 200, afterMs: 3_000 });
      const load = { count: 100_000, connections: 50, resends: true };
      const sendings = [world.send(flow, { ...load, ratePerS: 10 }), world.send(once, { ...load, ratePerS: 2 })];
      const recoveries: Promise<number[]>[] = [];
      const recoveriesOfRepeated: Promise<number[]>[] = [];
      const kills: Kill[] = [];
      const single = size.times(100, 10);
      for (let kill = 0; kill < single + size.times(50, 10); kill++) {
        const moment = moments[kill % moments.length] ?? "a random moment";
        const killed = await killWorker(world, flow, moment, world.workers[kill % 2 === 0 ? 0 : 1]);
        if (!killed) findings.must(false, `the kill-point "${moment}" was not reached`);
        else {
          const held = await runsOfHolder(world, killed.pid);
          kills.push({ at: killed.at, held: new Set(held) });
          const isRepeated = kill >= single;
          const recovering = recoveryTimes(world, killed, isRepeated ? repeatedLimitMs : recoveryLimitMs);
          (isRepeated ? recoveriesOfRepeated : recoveries).push(recovering);
          await killed.process.start();
          // Or the next kill hits them a second time.
          if (!isRepeated) await recovering.then(() => untilEnded(world, held));
        }
      }
      for (const sending of sendings) sending.stop();
      await Promise.all(sendings.map(({ done }) => done));
      await judgeRecovery(recoveries, findings);
      await judgeRepeated(recoveriesOfRepeated, findings);
      judgeRepeats(world.sink.calls(flow.name), kills, findings);
      // A run whose worker is killed three times over is quarantined by design, whoever killed it.
      const runs = await check(world, flow, findings, { boundMs: 60_000, endings: ["succeeded", "failed"] });
      const quarantined = runs.filter(({ status }) => status === "failed");
      findings.must(
        quarantined.every(({ failure }) => failure?.includes("quarantined") === true),
        "a run failed for another reason than being quarantined",
      );
      findings.note(`${quarantined.length} of ${runs.length} runs quarantined after three kills`);
      const reviewed = await check(world, once, findings, { boundMs: 60_000, endings: ["succeeded", "failed"] });
      findings.note(`${reviewed.filter(({ status }) => status === "needs_review").length} at-most-once runs in review`);
    },
  },
  {
    id: "F2",
    title: "kill -9 of the only worker, started again after 5 s",
    layout: "single",
    async inject(world, findings, size) {
      const flow = await world.newFlow("f2", { timeout: "20s" });
      world.sink.setMode(flow.name, { kind: "answer", status: 200, afterMs: 1_500 });
      const recoveries: Promise<number[]>[] = [];
      for (let kill = 0; kill < size.times(30, 2); kill++) {
        const sending = world.send(flow, { count: 20, ratePerS: 20, connections: 20, resends: true });
        const killed = await killDuringCall(world, flow, [world.single]);
        findings.must(killed !== undefined, "no call was made that could be interrupted");
        if (killed) recoveries.push(recoveryTimes(world, killed, recoveryLimitMs));
        await delay(5_000);
        if (killed) await world.single.start();
        await sending.done;
        // To its end: three kills without progress between them would be a poison run.
        await poll(async () => (await runsOf(world, flow)).every(({ finishedAt }) => finishedAt !== null), 60_000);
      }
      await judgeRecovery(recoveries, findings);
      await check(world, flow, findings, { boundMs: 60_000 });
    },
  },
];

async function killWorker(
  world: World,
  flow: Flow,
  moment: Moment,
  worker: ServerProcess,
): Promise<(Killed & { process: ServerProcess }) | undefined> {
  if (moment === "during the call") return killDuringCall(world, flow, [worker]);
  if (moment === "a random moment") {
    await delay(world.random.below(1_500));
    const { pid } = worker;
    await worker.kill();
    return { pid, at: Date.now(), process: worker };
  }
  const killed = await killAtPoint(worker, worker.postgres, workerPoints[moment]);
  return killed && { ...killed, process: worker };
}

async function untilEnded({ stores }: World, runIds: readonly string[]): Promise<void> {
  const areUnderWay = "SELECT 1 FROM runs WHERE id = ANY($1) AND status IN ('queued', 'running') LIMIT 1";
  await poll(async () => (await stores.pool.query(areUnderWay, [runIds])).rowCount === 0, recoveryLimitMs);
}

async function judgeRecovery(recoveries: readonly Promise<number[]>[], findings: Findings): Promise<void> {
  const times = (await Promise.all(recoveries)).flat();
  const worst = Math.max(0, ...times);
  findings.recovered(worst);
  findings.must(times.length > 0, "no kill hit a worker that held a run");
  findings.within(`the slowest of ${times.length} interrupted runs was taken up again in`, worst, recoveryBarMs);
  findings.within("p95", percentile(times, 0.95), 20_000);
}

/** Runs that were hit twice wait for their last chance, one after the other (docs/decisions/0006). */
async function judgeRepeated(recoveries: readonly Promise<number[]>[], findings: Findings): Promise<void> {
  const times = (await Promise.all(recoveries)).flat();
  const worst = Math.max(0, ...times);
  findings.note(`killed one after the other: ${times.length} runs interrupted, all taken up in ${seconds(worst)}`);
  findings.must(worst < repeatedLimitMs, "a run whose workers were killed one after the other was not taken up again");
}

type Kill = { at: number; held: ReadonlySet<string> };

/** A killed worker's last bytes may still have been on their way. */
const onTheWayMs = 1_000;

/** A call is repeated only where the worker that made it was killed before the call was on record. */
function judgeRepeats(calls: readonly SinkCall[], kills: readonly Kill[], findings: Findings): void {
  let repeated = 0;
  let unprovoked = 0;
  for (const ofRun of groupBy(calls, ({ run }) => run).values()) {
    for (const [index, { run, at }] of ofRun.slice(1).entries()) {
      repeated++;
      const before = ofRun[index]?.at ?? 0;
      const isProvoked = kills.some((kill) => kill.held.has(run) && kill.at > before - onTheWayMs && kill.at < at);
      if (!isProvoked) unprovoked++;
    }
  }
  findings.note(`${repeated} calls repeated after a kill, ${unprovoked} without one`);
  findings.must(unprovoked === 0, `${unprovoked} calls were repeated although nobody killed the worker that made them`);
}
