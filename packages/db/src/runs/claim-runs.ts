import type { ClaimedRun, ClaimRequest, RunEvent, StepRecord } from "@millrace/engine";
import type pg from "pg";
import { fromRow, type StepRecordRow } from "./step-record-columns.ts";

type RunRow = {
  id: string;
  workspace_id: string;
  automation_id: string;
  version_id: string;
  event_id: string;
  origin_run_id: string;
  fence: number;
  crash_count: number;
  queued_at: Date;
  started_at: Date;
};

const isDue = "(r.status = 'queued' OR (r.status = 'waiting' AND r.due_at <= now()))";

/** Those of these runs that are due. The bounds let the planner skip the days that no id falls into. */
const named = `SELECT r.id FROM runs r
  WHERE r.id = ANY($4::text[]) AND r.id BETWEEN $5 AND $6 AND ${isDue} ORDER BY r.id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED`;

/**
 * Workspaces in turn: first the oldest run of each, then the second oldest of each, and so on. The walk reads one entry
 * of the index for each workspace that has queued runs, however many it has. More candidates than wanted, because other
 * workers look at the same ones and lock some of them first; each is locked by its id, in their order, until there are enough.
 * BETWEEN is an equality that the planner does not see through: else it may read a whole day in the order of its ids.
 */
const anyInTurn = `WITH RECURSIVE workspace AS (
    (SELECT workspace_id FROM runs WHERE status = 'queued' ORDER BY workspace_id LIMIT 1)
    UNION ALL
    SELECT (SELECT r.workspace_id FROM runs r WHERE r.status = 'queued' AND r.workspace_id > w.workspace_id ORDER BY r.workspace_id LIMIT 1)
    FROM workspace w WHERE w.workspace_id IS NOT NULL
  ), due AS (
    SELECT next.id, w.workspace_id FROM workspace w
    CROSS JOIN LATERAL (
      SELECT r.id FROM runs r WHERE r.status = 'queued' AND r.workspace_id BETWEEN w.workspace_id AND w.workspace_id
      ORDER BY r.workspace_id, r.id LIMIT $3 * 2
    ) next
    UNION ALL
    (SELECT r.id, r.workspace_id FROM runs r WHERE r.status = 'waiting' AND r.due_at <= now() ORDER BY r.due_at LIMIT $3 * 2)
  ), candidate AS (
    SELECT id, row_number() OVER (PARTITION BY workspace_id ORDER BY id) AS turn FROM due ORDER BY turn, id LIMIT $3 * 2
  )
  SELECT locked.id FROM candidate c
  CROSS JOIN LATERAL (SELECT r.id FROM runs r WHERE r.id = c.id AND ${isDue} FOR NO KEY UPDATE SKIP LOCKED) locked LIMIT $3`;

const take = (chosen: string): string => `WITH chosen AS MATERIALIZED (${chosen})
  UPDATE runs r SET status = 'running', lease_owner = $1, lease_until = now() + $2::float8 * interval '1 millisecond',
    fence = r.fence + 1, started_at = COALESCE(r.started_at, now()), reason_json = NULL, due_at = NULL
  FROM chosen WHERE r.id = chosen.id
  RETURNING r.id, r.workspace_id, r.automation_id, r.version_id, r.event_id, r.origin_run_id, r.fence, r.crash_count, r.queued_at, r.started_at`;

const takeNamed = take(named);
const takeAny = take(anyInTurn);

export async function claimRuns(
  pool: pg.Pool,
  { workerId, leaseMs, limit, runIds }: ClaimRequest,
): Promise<ClaimedRun[]> {
  if (limit <= 0 || runIds?.length === 0) return [];
  const lease = [workerId, leaseMs, limit];
  const { rows } =
    runIds === undefined
      ? await pool.query<RunRow>(takeAny, lease)
      : await pool.query<RunRow>(takeNamed, [...lease, runIds, ...boundsOf(runIds)]);
  if (rows.length === 0) return [];
  const [events, records] = await Promise.all([
    loadEvents(pool, rows),
    loadRecords(
      pool,
      rows.map(({ id }) => id),
    ),
  ]);
  return rows
    .sort((left, right) => (left.id < right.id ? -1 : 1))
    .map((row) => ({
      id: row.id,
      workspaceId: row.workspace_id,
      automationId: row.automation_id,
      versionId: row.version_id,
      originRunId: row.origin_run_id,
      fence: row.fence,
      crashCount: row.crash_count,
      queuedAt: row.queued_at,
      startedAt: row.started_at,
      event: getEvent(events, row),
      records: records.get(row.id) ?? [],
    }));
}

/** The lowest and the highest: ids sort by their time. */
function boundsOf(ids: readonly string[]): [string, string] {
  const sorted = [...ids].sort();
  return [sorted[0] ?? "", sorted.at(-1) ?? ""];
}

type EventRow = {
  id: string;
  method: string;
  query: string;
  headers_json: string;
  content_type: string | null;
  body: Buffer;
  received_at: Date;
};

async function loadEvents(pool: pg.Pool, runs: readonly RunRow[]): Promise<Map<string, RunEvent>> {
  const ids = runs.map(({ event_id }) => event_id);
  const { rows } = await pool.query<EventRow>(
    `SELECT id, method, query, headers_json, content_type, body, received_at FROM events
     WHERE id = ANY($1::text[]) AND id BETWEEN $2 AND $3`,
    [ids, ...boundsOf(ids)],
  );
  return new Map(
    rows.map(({ headers_json, content_type, received_at, ...row }) => [
      row.id,
      { ...row, headers: JSON.parse(headers_json), contentType: content_type, receivedAt: received_at },
    ]),
  );
}

function getEvent(events: ReadonlyMap<string, RunEvent>, { id, event_id }: RunRow): RunEvent {
  const event = events.get(event_id);
  // Retention keeps the events of unfinished runs.
  if (event === undefined) throw new Error(`The event ${event_id} of ${id} is missing.`);
  return event;
}

async function loadRecords(pool: pg.Pool, runIds: readonly string[]): Promise<Map<string, StepRecord[]>> {
  const { rows } = await pool.query<StepRecordRow>(
    `SELECT run_id, path, step_id, kind, action, status, input_json, output_json, failure_json, warnings_json, attempts_json,
       idempotency_key, reused_from_run_id, started_at, finished_at
     FROM step_records WHERE run_id = ANY($1::text[]) AND run_id BETWEEN $2 AND $3 ORDER BY run_id, position`,
    [runIds, ...boundsOf(runIds)],
  );
  const byRun = new Map<string, StepRecord[]>();
  for (const row of rows) byRun.set(row.run_id, [...(byRun.get(row.run_id) ?? []), fromRow(row)]);
  return byRun;
}
