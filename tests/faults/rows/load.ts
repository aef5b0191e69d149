import { createHash, randomBytes } from "node:crypto";
import { createClient } from "@millrace/contract";
import { check, runsOf } from "../check.ts";
import type { Fault } from "../fault.ts";
import { type Findings, percentile } from "../findings.ts";
import { type Flow, pushFlow } from "../flow.ts";
import type { Attempt } from "../producer-messages.ts";
import { residentMb } from "../refusals.ts";
import { delay, poll } from "../until.ts";
import type { World } from "../world.ts";

const isAccepted = ({ status }: Attempt) => status >= 200 && status < 300;
const isShed = ({ status }: Attempt) => status === 429 || status === 503;

export const burst: Fault = {
  id: "L2",
  title: "a burst of webhooks over 300 connections",
  layout: "split",
  isDirect: true,
  async inject(world, findings, size) {
    const flow = await world.newFlow("l2", { counts: false, canary: false });
    const sending = world.send(flow, {
      count: size.isFull ? 10_000 : 4_000,
      connections: 300,
      resends: false,
      timeoutMs: 30_000,
    });
    await sending.done;
    const attempts = world.producer.attempts(sending.id);
    const odd = attempts.filter((attempt) => !isAccepted(attempt) && !isShed(attempt));
    findings.must(
      odd.length === 0,
      `${odd.length} requests got neither 2xx nor 429 or 503, such as ${odd[0]?.status} ${odd[0]?.error ?? ""}`,
    );
    const took = attempts.map(({ tookMs }) => tookMs);
    findings.within("slowest answer", percentile(took, 1), 5_000);
    findings.within("p99 of the answers", percentile(took, 0.99), 3_000);
    const sentForS =
      (Math.max(...attempts.map(({ sentAt, tookMs }) => sentAt + tookMs)) -
        Math.min(...attempts.map(({ sentAt }) => sentAt))) /
      1_000;
    findings.note(
      `${attempts.length} requests (10,000 with --full), ${Math.round(attempts.length / sentForS)} answers/s`,
    );
    const at = performance.now();
    await check(world, flow, findings, { boundMs: 120_000 });
    findings.recovered(performance.now() - at);
    judgeMemory(world, findings);
  },
};

export function judgeMemory(world: World, findings: Findings): void {
  const sizes = [...world.ingresses, ...world.workers].map(({ name, pid }) => ({ name, mb: residentMb(pid) }));
  const largest = sizes.reduce((most, one) => (one.mb > most.mb ? one : most));
  findings.note(`largest process ${largest.mb} MB`);
  findings.must(largest.mb < 512, `${largest.name} has ${largest.mb} MB; the bar is 512 MB`);
}

export const overload: Fault = {
  id: "L3",
  title: "five times the capacity, open loop",
  layout: "split",
  isDirect: true,
  async inject(world, findings, size) {
    const flow = await world.newFlow("l3", { counts: false, canary: false });
    const peak = await capacity(world, flow);
    const count = peak * 5 * (size.isFull ? 120 : 6);
    // More connections than requests may wait in the server, or they would wait for one another in the sender.
    const load = { count, ratePerS: peak * 5, connections: 2_000, resends: false, timeoutMs: 30_000, isFlood: true };
    const sending = world.send(flow, load);
    await sending.done;
    const attempts = world.producer.attempts(sending.id);
    const endAt = attempts.reduce((last, { sentAt }) => Math.max(last, sentAt), 0);
    const seconds = (endAt - attempts.reduce((first, { sentAt }) => Math.min(first, sentAt), endAt)) / 1_000;
    const offered = Math.round(attempts.length / seconds);
    const goodput = Math.round(
      attempts.filter((attempt) => isAccepted(attempt) && attempt.sentAt + attempt.tookMs <= endAt).length / seconds,
    );
    const shed = attempts.filter(isShed);
    findings.note(`capacity ${peak}/s, offered ${offered}/s, accepted ${goodput}/s, shed ${shed.length}`);
    findings.must(goodput >= peak * 0.7, `goodput ${goodput}/s under overload; the bar is 70 % of ${peak}/s`);
    const unanswered = attempts.filter(({ status }) => status === 0);
    findings.must(unanswered.length === 0, `${unanswered.length} requests got no answer: ${unanswered[0]?.error}`);
    findings.must(
      shed.every(({ retryAfter }) => retryAfter !== undefined),
      "refusals without Retry-After",
    );
    const slowest =
      percentile(
        attempts.map(({ tookMs }) => tookMs),
        1,
      ) ?? 0;
    if (shed.length === 0 && offered > peak * 1.5)
      findings.notBuilt(`admission control: nothing was refused, and the slowest answer took ${slowest} ms`);
    else if (shed.length > 0)
      findings.within(
        "p99 of the refusals",
        percentile(
          shed.map(({ tookMs }) => tookMs),
          0.99,
        ),
        100,
      );
    findings.within("answers quick again after", await untilQuick(world, flow), 10_000);
    await check(world, flow, findings, { boundMs: 300_000 });
    judgeMemory(world, findings);
  },
};

/** Acknowledgements a second at saturation, closed loop, of processes that are warm: fresh ones do a third of it. */
async function capacity(world: World, flow: Flow): Promise<number> {
  const load = { count: 1_000_000, connections: 64, resends: false, isFlood: true };
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
  const seconds = (Math.max(...times) - Math.min(...times)) / 1_000;
  return Math.max(1, Math.round(times.length / seconds));
}

async function untilQuick(world: World, flow: Flow): Promise<number | undefined> {
  const at = performance.now();
  return poll(async () => {
    const probe = world.send(flow, { count: 10, connections: 5, resends: false });
    await probe.done;
    const attempts = world.producer.attempts(probe.id);
    return attempts.every((attempt) => isAccepted(attempt) && attempt.tookMs < 500) && performance.now() - at;
  }, 30_000);
}

export const noisyNeighbor: Fault = {
  id: "L4",
  title: "one workspace floods, another sends one a second",
  layout: "split",
  isDirect: true,
  async inject(world, findings, size) {
    const noisy = await world.newFlow("l4-noisy", { counts: false, canary: false });
    const quiet = await inOtherWorkspace(world, "l4-quiet");
    for (const { name } of [noisy, quiet]) world.sink.setMode(name, { kind: "answer", status: 200, afterMs: 20 });
    const idle = await endToEnd(world, quiet, 6);
    const flood = world.send(noisy, { count: size.isFull ? 10_000 : 4_000, connections: 50, resends: true });
    await delay(1_000);
    const beside = await endToEnd(world, quiet, size.isFull ? 20 : 8);
    await flood.done;
    findings.note(`quiet workspace p95 ${idle} ms idle, ${beside} ms beside the flood`);
    findings.must(beside < 5_000 * findings.slack, `p95 ${beside} ms beside the flood; the bar is 5 s`);
    findings.must(
      beside <= Math.max(3 * idle, 150) * findings.slack,
      `p95 ${beside} ms beside the flood; the bar is three times ${idle} ms`,
    );
    await check(world, noisy, findings, { boundMs: 300_000 });
    await check(world, quiet, findings, { boundMs: 30_000 });
  },
};

/** p95 from the request to the run's end, one event a second. */
async function endToEnd(world: World, flow: Flow, count: number): Promise<number> {
  const sending = world.send(flow, { count, ratePerS: 1, connections: 5, resends: true });
  await sending.done;
  const sentAt = new Map(world.producer.attempts(sending.id).map((attempt) => [attempt.event, attempt.sentAt]));
  const isMine = (event: string | null) => event !== null && sentAt.has(event);
  const runs = await poll(async () => {
    const mine = (await runsOf(world, flow)).filter(({ event }) => isMine(event));
    return mine.length === count && mine.every(({ finishedAt }) => finishedAt !== null) && mine;
  }, 60_000);
  const took = (runs ?? []).map(({ event, finishedAt }) => (finishedAt ?? 0) - (sentAt.get(event ?? "") ?? 0));
  return Math.round(percentile(took, 0.95) ?? 60_000);
}

/** The API makes no second workspace, so it is written as the product itself would. */
async function inOtherWorkspace(world: World, name: string): Promise<Flow> {
  const key = `mlr_${randomBytes(24).toString("base64url")}`;
  const hash = createHash("sha256").update(key).digest();
  await world.stores.pool.query(
    "INSERT INTO workspaces (id, name) SELECT overlay(id PLACING 'zzzz' FROM length(id) - 3), 'Quiet' FROM workspaces LIMIT 1",
  );
  await world.stores.pool.query(
    `INSERT INTO api_keys (id, workspace_id, name, hint, key_hash, scopes)
     SELECT overlay(k.id PLACING 'zzzz' FROM length(k.id) - 3), (SELECT id FROM workspaces WHERE name = 'Quiet'), 'quiet', 'mlr_', $1, k.scopes
     FROM api_keys k WHERE k.name = 'MILLRACE_API_KEY' LIMIT 1`,
    [hash],
  );
  const client = createClient({ baseUrl: world.ingresses[0].url, apiKey: key });
  return pushFlow(client, name, world.sink.urlOf(name), { counts: false, canary: false });
}
