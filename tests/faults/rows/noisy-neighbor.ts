import { createHash, randomBytes } from "node:crypto";
import { type Client, createClient } from "@millrace/contract";
import { check, runsOf } from "../check.ts";
import type { Fault } from "../fault.ts";
import { type Findings, percentile } from "../findings.ts";
import { type Flow, type FlowOptions, pushFlow } from "../flow.ts";
import { delay, poll } from "../until.ts";
import type { World } from "../world.ts";

const barMs = 5_000;
const timesIdle = 3;
const leastEvents = 20;

type Noise = {
  id: string;
  title: string;
  /** Absent: as fast as 50 connections allow. */
  ratePerS?: number;
  trigger?: FlowOptions["trigger"];
  /** Of the noisy workspace. */
  maxRunningRuns?: number;
};

/** Of those that are held back, 10,000 in 20 s are more than can run: their backlog grows all the while. */
const noises: readonly Noise[] = [
  { id: "L4", title: "one workspace floods, another sends one a second" },
  {
    id: "L4-LIMIT",
    title: "as L4, and the noisy workspace may run ten at once",
    ratePerS: 500,
    maxRunningRuns: 10,
  },
  {
    id: "L4-ORDER",
    title: "as L4, and the noisy runs go one after the other by ten keys",
    ratePerS: 500,
    trigger: { order: "{{ string(trigger.body.seq % 10) }}" },
  },
];

export const noisyNeighbors: readonly Fault[] = noises.map((noise) => ({
  id: noise.id,
  title: noise.title,
  layout: "split",
  isDirect: true,
  async inject(world, findings, size) {
    const { ratePerS, trigger, maxRunningRuns = null } = noise;
    const noisy = await world.newFlow("l4-noisy", { counts: false, canary: false, ...(trigger ? { trigger } : {}) });
    const quiet = await quietFlow(world);
    for (const { name } of [noisy, quiet]) world.sink.setMode(name, { kind: "answer", status: 200, afterMs: 20 });
    const count = size.isFull ? 60 : leastEvents;
    const idle = await endToEnd(world, quiet, count);
    await world.client().workspace.setLimits({ maxRunningRuns });
    try {
      const load = { count: 1_000_000, connections: 50, resends: false, isFlood: true };
      const flood = world.send(noisy, ratePerS === undefined ? load : { ...load, ratePerS });
      await delay(1_000);
      const sent = await endToEnd(world, quiet, count);
      flood.stop();
      await flood.done;
      await check(world, noisy, findings, { boundMs: 300_000 });
      judge(idle, await metBy(world, noisy, sent), findings);
      await check(world, quiet, findings, { boundMs: 30_000 });
    } finally {
      await world.client().workspace.setLimits({ maxRunningRuns: null });
    }
  },
}));

/** Of an event of the quiet workspace: when it was sent, and how long its run took from then to its end. */
type Event = {
  sentAt: number;
  tookMs: number;
  /** What it waited for: to be stored, to be claimed, to end. */
  parts: { storedMs: number; claimedMs: number; endedMs: number };
};

/** Those that were sent while the flood or what it left behind was there. */
async function metBy(world: World, noisy: Flow, events: readonly Event[]): Promise<Event[]> {
  const runs = await runsOf(world, noisy);
  const from = percentile(
    runs.map(({ queuedAt }) => queuedAt),
    0,
  );
  const until = percentile(
    runs.map(({ finishedAt }) => finishedAt ?? Number.POSITIVE_INFINITY),
    1,
  );
  return events.filter(({ sentAt }) => sentAt >= (from ?? Number.POSITIVE_INFINITY) && sentAt <= (until ?? 0));
}

function judge(idle: readonly Event[], beside: readonly Event[], findings: Findings): void {
  const p95 = (events: readonly Event[]) => percentile(tookOf(events), 0.95) ?? Number.POSITIVE_INFINITY;
  const tookOf = (events: readonly Event[]) => events.map(({ tookMs }) => tookMs);
  const shown = (events: readonly Event[]) =>
    `p50 ${percentile(tookOf(events), 0.5)}, p95 ${p95(events)}, slowest ${percentile(tookOf(events), 1)} ms of ${events.length} (${partsOf(events)})`;
  findings.note(`quiet workspace idle: ${shown(idle)}`);
  findings.note(`quiet workspace beside the flood: ${shown(beside)}`);
  findings.must(beside.length >= leastEvents, `only ${beside.length} events met the flood; expected ${leastEvents}`);
  findings.within("p95 beside the flood", p95(beside), Math.min(barMs, timesIdle * p95(idle)));
}

function partsOf(events: readonly Event[]): string {
  const of = (part: keyof Event["parts"]) => {
    const values = events.map(({ parts }) => parts[part]);
    return `${Math.round(percentile(values, 0.5) ?? 0)} and ${Math.round(percentile(values, 0.95) ?? 0)}`;
  };
  return `stored after ${of("storedMs")}, claimed ${of("claimedMs")}, ended ${of("endedMs")} more`;
}

/** One event a second, from the request to the run's end. */
async function endToEnd(world: World, flow: Flow, count: number): Promise<Event[]> {
  const sending = world.send(flow, { count, ratePerS: 1, connections: 5, resends: true });
  await sending.done;
  const sentAt = new Map<string, number>();
  for (const attempt of world.producer.attempts(sending.id)) {
    if (!sentAt.has(attempt.event)) sentAt.set(attempt.event, attempt.sentAt);
  }
  const limitMs = 60_000;
  const ended = async () =>
    (await runsOf(world, flow)).filter(({ event, finishedAt }) => sentAt.has(event ?? "") && finishedAt !== null);
  await poll(async () => (await ended()).length === count, limitMs);
  const runs = new Map((await ended()).map((run) => [run.event, run]));
  return Array.from(sentAt, ([event, at]) => {
    const never = at + limitMs;
    const { queuedAt = never, startedAt, finishedAt } = runs.get(event) ?? {};
    const [start, end] = [startedAt ?? never, finishedAt ?? never];
    const parts = { storedMs: queuedAt - at, claimedMs: start - queuedAt, endedMs: end - start };
    return { sentAt: at, tookMs: Math.round(end - at), parts };
  });
}

async function quietFlow(world: World): Promise<Flow> {
  const name = `l4-quiet-${randomBytes(4).toString("hex")}`;
  return pushFlow(await otherWorkspace(world), name, world.sink.urlOf(name), { counts: false, canary: false });
}

/** The API makes no second workspace, so it is written as the product itself would. */
async function otherWorkspace(world: World): Promise<Client> {
  const key = `mlr_${randomBytes(24).toString("base64url")}`;
  const hash = createHash("sha256").update(key).digest();
  // Ids sort by time, and the workspace that the processes belong to has to stay the first.
  const { rows } = await world.stores.pool.query<{ suffix: string }>(
    "SELECT 'zz' || lpad(count(*)::text, 2, '0') AS suffix FROM workspaces",
  );
  await world.stores.pool.query(
    `WITH first AS (SELECT * FROM api_keys WHERE name = 'MILLRACE_API_KEY' LIMIT 1), other AS (
       INSERT INTO workspaces (id, name)
       SELECT overlay(workspace_id PLACING $1 FROM length(workspace_id) - 3), 'Quiet' FROM first RETURNING id
     )
     INSERT INTO api_keys (id, workspace_id, name, hint, key_hash, scopes)
     SELECT overlay(first.id PLACING $1 FROM length(first.id) - 3), other.id, 'quiet', 'mlr_', $2, first.scopes FROM first, other`,
    [rows[0]?.suffix, hash],
  );
  return createClient({ baseUrl: world.ingresses[0].url, apiKey: key });
}
