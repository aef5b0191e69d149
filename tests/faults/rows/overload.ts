import { isAccepted, isShed } from "../answers.ts";
import { check } from "../check.ts";
import type { Fault } from "../fault.ts";
import { type Findings, percentile } from "../findings.ts";
import type { Flow } from "../flow.ts";
import { watchMemory } from "../memory.ts";
import { openRefuser } from "../refuser.ts";
import { slowInserts } from "../slow-inserts.ts";
import { delay, poll } from "../until.ts";
import type { World } from "../world.ts";

/** Two ingresses have two batches under way each, so that the database takes at most four events in this time. */
const slowMsPerRow = 12;
const mostWithSlowRows = 4 * (1_000 / slowMsPerRow);

const settleMs = 300_000;
const floorSeconds = { warmUp: 4, measured: 8 };

/** The processors are what is missing, and the sender has its part of them. */
export const overload: Fault = {
  id: "L3",
  title: "five times the capacity, open loop",
  layout: "split",
  isDirect: true,
  async inject(world, findings, size) {
    const flow = await world.newFlow("l3", { counts: false, canary: false });
    const peak = await floodBeyondCapacity(world, flow, findings, size.times(120));
    await check(world, flow, findings, { boundMs: settleMs });
    await noteFloor(world, flow, findings, peak * 5);
  },
};

/** The database is what is missing, and there are processors to spare. */
export const overloadOfDatabase: Fault = {
  id: "L3-SLOW",
  title: "five times what a slow database takes, open loop",
  layout: "split",
  isDirect: true,
  async inject(world, findings, size) {
    const flow = await world.newFlow("l3-slow", { counts: false, canary: false });
    const endSlowInserts = await slowInserts(world, slowMsPerRow);
    try {
      // What is let in before it shows how slow the database is hears so late: half a second in a minute.
      const peak = await floodBeyondCapacity(world, flow, findings, size.times(120, 60));
      findings.must(peak <= mostWithSlowRows, `the slow insert was not felt: ${peak} events were stored a second`);
    } finally {
      await endSlowInserts();
    }
    await check(world, flow, findings, { boundMs: settleMs });
  },
};

/** Resolves with the capacity that it found, in acknowledgements a second. */
async function floodBeyondCapacity(world: World, flow: Flow, findings: Findings, seconds: number): Promise<number> {
  const peak = await capacity(world, flow);
  const memory = watchMemory(world);
  const sending = world.send(flow, floodOf(peak * 5, seconds));
  await sending.done;
  findings.within("answers quick again after", await untilQuick(world, flow, findings), 10_000);
  memory.judge(findings);
  judgeOverload(peak, readFlood(world, sending.id), findings);
  return peak;
}

/** More connections than requests may wait in the server, or they would wait for one another in the sender. */
const floodOf = (ratePerS: number, seconds: number) => ({
  ...{ count: ratePerS * seconds, ratePerS, connections: 2_000 },
  ...{ resends: false, timeoutMs: 30_000, isFlood: true },
});

/** The same flood against as many servers that do nothing but refuse it: what refusals take on this machine at this moment. */
async function noteFloor(world: World, flow: Flow, findings: Findings, ratePerS: number): Promise<void> {
  const refusers = await Promise.all(world.ingresses.map(openRefuser));
  const urls = refusers.map(({ url }) => url);
  await world.send(flow, { ...floodOf(ratePerS, floorSeconds.warmUp), urls }).done;
  const sending = world.send(flow, { ...floodOf(ratePerS, floorSeconds.measured), urls });
  await sending.done;
  await Promise.all(refusers.map((refuser) => refuser.close()));
  const { shedMs } = readFlood(world, sending.id);
  const [p50, p99] = [percentile(shedMs, 0.5), percentile(shedMs, 0.99)];
  findings.note(`node:http servers that refuse all of it: p50 ${p50} ms, p99 ${p99} ms`);
}

/** What overload must come to, as figures: its attempts are too many to keep. */
type FloodFigures = {
  count: number;
  firstAt: number;
  lastAt: number;
  acceptedEnds: number[];
  shedMs: number[];
  withoutRetryAfter: number;
  unanswered: number;
  error: string;
  slowestMs: number;
};

function readFlood(world: World, id: string): FloodFigures {
  const flood: FloodFigures = {
    ...{ count: 0, firstAt: Number.POSITIVE_INFINITY, lastAt: 0, acceptedEnds: [], shedMs: [] },
    ...{ withoutRetryAfter: 0, unanswered: 0, error: "", slowestMs: 0 },
  };
  world.producer.visitAttempts(id, (attempt) => {
    const { sentAt, tookMs } = attempt;
    flood.count++;
    flood.firstAt = Math.min(flood.firstAt, sentAt);
    flood.lastAt = Math.max(flood.lastAt, sentAt);
    flood.slowestMs = Math.max(flood.slowestMs, tookMs);
    if (isAccepted(attempt)) flood.acceptedEnds.push(sentAt + tookMs);
    if (isShed(attempt)) {
      flood.shedMs.push(tookMs);
      if (attempt.retryAfter === undefined) flood.withoutRetryAfter++;
    }
    if (attempt.status === 0) {
      flood.unanswered++;
      flood.error = attempt.error ?? "";
    }
  });
  return flood;
}

function judgeOverload(peak: number, flood: FloodFigures, findings: Findings): void {
  const seconds = (flood.lastAt - flood.firstAt) / 1_000;
  const offered = Math.round(flood.count / seconds);
  const goodput = Math.round(flood.acceptedEnds.filter((at) => at <= flood.lastAt).length / seconds);
  const shed = flood.shedMs.length;
  findings.note(
    `capacity ${peak}/s, for ${seconds.toFixed(1)} s: offered ${offered}/s, accepted ${goodput}/s (bar ${Math.round(peak * 0.7)}/s), shed ${shed}`,
  );
  findings.must(goodput >= peak * 0.7, `goodput ${goodput}/s under overload; the bar is 70 % of ${peak}/s`);
  findings.must(flood.unanswered === 0, `${flood.unanswered} requests got no answer: ${flood.error}`);
  findings.must(flood.withoutRetryAfter === 0, `${flood.withoutRetryAfter} refusals without Retry-After`);
  findings.must(offered >= peak * 4, `only ${offered}/s were offered, of ${peak * 5}/s`);
  findings.must(shed > 0, `nothing was refused, and the slowest answer took ${flood.slowestMs} ms`);
  if (shed > 0) {
    findings.note(`p50 of the refusals ${percentile(flood.shedMs, 0.5)} ms`);
    findings.within("p99 of the refusals", percentile(flood.shedMs, 0.99), 100);
  }
}

/** Acknowledgements a second at saturation, closed loop, of processes that are warm: fresh ones do a third of it. */
async function capacity(world: World, flow: Flow): Promise<number> {
  const load = { count: 1_000_000, connections: 192, resends: false, isFlood: true };
  const warming = world.send(flow, load);
  await delay(10_000);
  warming.stop();
  await warming.done;
  const sending = world.send(flow, load);
  await delay(4_000);
  sending.stop();
  await sending.done;
  const times = world.producer
    .attempts(sending.id)
    .filter(isAccepted)
    .map(({ sentAt, tookMs }) => sentAt + tookMs);
  const [first, last] = [percentile(times, 0) ?? 0, percentile(times, 1) ?? 0];
  const seconds = (last - first) / 1_000;
  return Math.max(1, Math.round(times.length / seconds));
}

async function untilQuick(world: World, flow: Flow, findings: Findings): Promise<number | undefined> {
  const at = performance.now();
  const quickMs = await poll(async () => {
    const probe = world.send(flow, { count: 10, connections: 5, resends: false });
    await probe.done;
    const attempts = world.producer.attempts(probe.id);
    return attempts.every((attempt) => isAccepted(attempt) && attempt.tookMs < 500) && performance.now() - at;
  }, 30_000);
  findings.recovered(quickMs ?? 30_000);
  return quickMs;
}
