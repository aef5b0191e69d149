import { ApiError } from "@millrace/contract";
import { credentialMark } from "./credential-mark.ts";
import type { Findings } from "./findings.ts";
import type { Flow } from "./flow.ts";
import { groupBy } from "./group-by.ts";
import type { ServerProcess } from "./server-process.ts";
import type { SinkCall } from "./sink-messages.ts";
import { poll } from "./until.ts";
import type { World } from "./world.ts";

export type Expectation = {
  /** How long after the fault everything must have ended. */
  boundMs: number;
  /** How runs of this flow may end; others are violations. */
  endings?: readonly string[];
  /** Off where the flow's effects are not what is looked at. */
  effects?: boolean;
};

export type RunRow = {
  id: string;
  event: string | null;
  status: string;
  failure: string | null;
  queuedAt: number;
  startedAt: number | null;
  finishedAt: number | null;
};

/**
 * Waits until the flow's runs have ended, then compares what senders were told, what the database holds and what the
 * sink was asked: I1 to I5, I7 and I8 of the reliability page.
 */
export async function check(world: World, flow: Flow, findings: Findings, expected: Expectation): Promise<RunRow[]> {
  const { endings = ["succeeded"], boundMs, effects = true } = expected;
  const { row } = findings;
  const startedAt = performance.now();
  const unexplained = row.unexplained;
  const unfinished = await settle(world, flow, boundMs * findings.slack, row);
  const silent = row.unexplained - unexplained;
  findings.must(silent === 0, `${silent} unfinished runs did not say why they wait`);
  findings.note(`settled ${((performance.now() - startedAt) / 1_000).toFixed(1)} s after`);
  const runs = await runsOf(world, flow);
  const acks = world.producer.acks(`${flow.name}/`);
  const byId = new Map(runs.map((run) => [run.id, run]));

  row.events += new Set(acks.map(({ key }) => key)).size;
  row.stuck += unfinished;
  findings.must(unfinished === 0, `I5: ${unfinished} runs had not ended after ${boundMs / 1_000} s: ${statuses(runs)}`);
  const lost = acks.filter(({ runId }) => !isSettled(byId.get(runId), flow));
  row.lost += lost.length;
  findings.must(
    lost.length === 0,
    `I1: ${lost.length} acknowledged events have no ended run, such as ${lost[0]?.event}`,
  );
  const misled = acks.filter(({ runId, event }) => byId.has(runId) && byId.get(runId)?.event !== event);
  findings.must(misled.length === 0, `I2: ${misled.length} senders were given the run of another event`);

  const extra = runs.length - new Set(runs.map(({ event }) => event)).size;
  row.duplicated += extra;
  findings.must(extra === 0, `I2: ${extra} runs too many for their events`);
  const known = new Set([...acks.map(({ event }) => event), ...uncertain(world, flow)]);
  const untold = runs.filter(({ event }) => event === null || !known.has(event)).length;
  findings.must(untold === 0, `I8: ${untold} runs of requests that were neither acknowledged nor in flight at a fault`);
  const otherwise = runs.filter(({ status }) => isTerminal(status) && !endings.includes(status));
  findings.must(
    otherwise.length === 0,
    `${otherwise.length} runs ended as ${otherwise[0]?.status} (${otherwise[0]?.failure ?? ""})`,
  );

  if (effects) await checkEffects(world, flow, runs, findings);
  await checkTerminal(world, runs, findings);
  checkProcesses(world, findings);
  return runs;
}

/** Requests that may have become runs although their senders were not told: cut off, or refused for want of an answer. */
function uncertain({ producer }: World, flow: Flow): string[] {
  const events: string[] = [];
  producer.visitAttempts(`${flow.name}/`, ({ status, event }) => {
    if (status === 0 || status === 503) events.push(event);
  });
  return events;
}

/** Resolves with how many runs had not ended at the bound; samples on the way whether each says why it waits. */
async function settle(world: World, flow: Flow, boundMs: number, row: Findings["row"]): Promise<number> {
  let open = 0;
  let looks = 0;
  const done = await poll(
    async () => {
      const known = await countOpen(world, flow).catch(() => undefined);
      if (known === undefined) return false;
      open = known;
      if (looks++ % 10 === 0 && open > 0) row.unexplained += await countUnexplained(world, flow);
      return open === 0;
    },
    boundMs,
    200,
  );
  return done ? 0 : open;
}

async function countOpen(world: World, flow: Flow): Promise<number> {
  const { rows } = await world.stores.pool.query<{ open: number }>(
    `SELECT count(*)::int AS open FROM runs WHERE automation_id = $1 AND status IN ('queued', 'running', 'waiting'${flow.atMostOnce ? "" : ", 'needs_review'"})`,
    [flow.automationId],
  );
  return rows[0]?.open ?? 0;
}

/** What a run that has not ended waits for, as the database has it, and the words that say so. */
const told = {
  no_worker: /No worker has taken it for \d/,
  last_chance: /waits until one can run it apart from others/,
  order: /Waits for run_\w+, which came first/,
  at_work: /^(A worker|Worker \S+) has been at /,
  worker_lost: /^Worker \S+ stopped answering/,
  wait: /It goes on /,
  overdue: /It should have gone on .+ ago/,
  other: /\S/,
};

const kindOfWait = `CASE
  WHEN r.status = 'running' THEN CASE WHEN r.lease_until < now() THEN 'worker_lost' ELSE 'at_work' END
  WHEN r.status = 'waiting' AND r.due_at > now() THEN 'wait'
  WHEN r.status = 'waiting' AND r.due_at < now() - interval '10 seconds' THEN 'overdue'
  WHEN r.status = 'queued' AND r.order_key <> '' AND EXISTS (
    SELECT 1 FROM runs e WHERE e.automation_id = r.automation_id AND e.order_key = r.order_key AND e.id <> r.id
      AND (e.status IN ('running', 'waiting', 'needs_review') OR e.status = 'queued' AND (e.order_position, e.id) < (r.order_position, r.id))
  ) THEN 'order'
  WHEN r.status = 'queued' AND a.concurrency IS NULL AND w.max_running_runs IS NULL
    THEN CASE WHEN r.crash_count >= 2 THEN 'last_chance' ELSE 'no_worker' END
  ELSE 'other' END`;

/** Runs that the API shows as unfinished without one true sentence on why. */
async function countUnexplained(world: World, flow: Flow): Promise<number> {
  const before = await readKinds(world, flow);
  const { items } = await world
    .client()
    .runs.list({ automationId: flow.automationId, limit: 50 })
    .catch((error: unknown) => {
      // Nobody serves the API, or it has no database, at this moment of the fault.
      if (error instanceof ApiError && (error.status === 0 || error.status >= 500)) return { items: [] };
      throw error;
    });
  const after = await readKinds(world, flow);
  return items.filter(({ id, status, reason }) => {
    const kind = after.get(id);
    // Only what was the same before and after was so when the API looked.
    const isSteady = kind !== undefined && before.get(id)?.state === kind.state;
    return !isTerminal(status) && !told[isSteady ? kind.kind : "other"].test(reason ?? "");
  }).length;
}

type Kind = { id: string; kind: keyof typeof told; state: string };

async function readKinds({ stores }: World, { automationId }: Flow): Promise<Map<string, Kind>> {
  const { rows } = await stores.pool
    .query<Kind>(
      `SELECT r.id, kind, kind || ' ' || r.fence AS state FROM runs r JOIN automations a ON a.id = r.automation_id
         JOIN workspaces w ON w.id = r.workspace_id CROSS JOIN LATERAL (SELECT ${kindOfWait} AS kind) k
       WHERE r.automation_id = $1 AND r.status IN ('queued', 'running', 'waiting') ORDER BY r.id DESC LIMIT 50`,
      [automationId],
    )
    .catch(() => ({ rows: [] }));
  return new Map(rows.map((row) => [row.id, row]));
}

export async function runsOf(world: World, flow: Flow): Promise<RunRow[]> {
  const { rows } = await world.stores.pool.query<RunRow>(
    `SELECT r.id, d.dedupe_key AS event, r.status, r.failure_json AS failure,
       extract(epoch FROM r.queued_at)::float8 * 1000 AS "queuedAt", extract(epoch FROM r.started_at)::float8 * 1000 AS "startedAt",
       extract(epoch FROM r.finished_at)::float8 * 1000 AS "finishedAt"
     FROM runs r LEFT JOIN deliveries d ON d.id = r.delivery_id WHERE r.automation_id = $1 ORDER BY r.id`,
    [flow.automationId],
  );
  return rows;
}

export async function runsHeldBy(world: World, { pid }: ServerProcess): Promise<number> {
  const { rows } = await world.stores.pool.query<{ n: number }>(
    "SELECT count(*)::int AS n FROM runs WHERE status = 'running' AND lease_owner LIKE $1",
    [`%-${pid}-%`],
  );
  return rows[0]?.n ?? 0;
}

/** I3: each event is carried out once by a sink that honors the key, and Millrace's own effects exactly once. */
async function checkEffects(world: World, flow: Flow, runs: readonly RunRow[], findings: Findings): Promise<void> {
  const all = world.sink.calls(flow.name);
  const bare = all.filter(({ credential }) => credential !== credentialMark(`Bearer ${world.canary}`)).length;
  findings.must(!flow.canary || bare === 0, `${bare} of ${all.length} calls came without the connection's credential`);
  const calls = groupBy(all, ({ event }) => event);
  const keysOf = (ofEvent: readonly SinkCall[]) => new Set(ofEvent.map(({ key, label }) => `${key} ${label}`)).size;
  const doubled = [...calls.values()].filter((ofEvent) => keysOf(ofEvent) > 1).length;
  findings.row.duplicated += doubled;
  findings.must(doubled === 0, `I3: ${doubled} events were carried out under more than one Idempotency-Key`);
  const repeated = [...calls.values()].reduce((sum, ofEvent) => sum + ofEvent.length - 1, 0);
  if (repeated > 0) findings.note(`${repeated} calls repeated with the same key`);
  findings.must(!flow.atMostOnce || repeated === 0, `I3: ${repeated} calls too many of a step that is at most once`);
  const succeeded = runs.filter(({ status }) => status === "succeeded");
  const idle = succeeded.filter(({ event }) => event === null || !calls.has(event)).length;
  findings.must(idle === 0, `I3: ${idle} runs succeeded without a call`);
  const pattern = flow.counts ? `${flow.name}/count` : `${flow.name}/%`;
  const { rows } = await world.stores.pool.query<{ done: number | null }>(
    `SELECT ${flow.counts ? "max(value_json::int)" : "count(*)::int"} AS done FROM key_values WHERE key LIKE $1`,
    [pattern],
  );
  const done = rows[0]?.done ?? 0;
  findings.must(
    done === succeeded.length,
    `I3: ${succeeded.length} runs succeeded, and their effect took place ${done} times`,
  );
}

/** I4, by two witnesses: what this harness saw before, and what the database noted. */
async function checkTerminal(
  { seenTerminal, stores }: World,
  runs: readonly RunRow[],
  findings: Findings,
): Promise<void> {
  for (const { id, status } of runs) {
    const seen = seenTerminal.get(id);
    if (seen !== undefined && seen !== status) findings.row.changed++;
    if (isTerminal(status)) seenTerminal.set(id, status);
  }
  const { rows } = await stores.pool.query<{ n: number }>(
    "SELECT count(*)::int AS n FROM faults.changed WHERE old_status <> 'noted'",
  );
  findings.row.changed += rows[0]?.n ?? 0;
  await stores.pool.query("UPDATE faults.changed SET old_status = 'noted'");
  findings.must(findings.row.changed === 0, `I4: ${findings.row.changed} ended runs changed their status or vanished`);
}

/** I7, and that nobody ended whom the fault did not kill. Each is told once. */
export function checkProcesses(world: World, findings: Findings): void {
  for (const { name, newOutput } of world.processes) {
    const bad = newOutput()
      .split("\n")
      .find((line) => /unhandledRejection|uncaughtException|not handled; ending|can never become/.test(line));
    findings.must(bad === undefined, `I7: ${name} logged ${bad?.slice(0, 300)}`);
  }
  const deaths = world.deaths.splice(0);
  findings.must(deaths.length === 0, `I7: ${deaths.join(", ")}`);
}

export const isTerminal = (status: string): boolean => ["succeeded", "failed", "canceled"].includes(status);

const isSettled = (run: RunRow | undefined, flow: Flow): boolean =>
  run !== undefined && (isTerminal(run.status) || (flow.atMostOnce && run.status === "needs_review"));

function statuses(runs: readonly RunRow[]): string {
  const counts = groupBy(runs, ({ status }) => status);
  return [...counts].map(([status, { length }]) => `${length} ${status}`).join(", ");
}
