import { Failure, type FailureRecord } from "@millrace/base";
import { crashesAtMost, type LeftRun, type Recovery } from "@millrace/engine";
import type pg from "pg";
import { fitting, queuedInOrder, walked } from "./choose-runs.ts";
import { between } from "./hot-path.ts";
import { boundsOf } from "./id-bounds.ts";
import { reasonNow } from "./reason-now.ts";
import type { UnfinishedDays } from "./unfinished-days.ts";
import { createWalkCursor, startsAt, type Walk, type WalkCursor } from "./walk-cursor.ts";

const maxVisits = 200;
const visitsOfWorkspace = 20;
/** Of waits that are due: some 2 ms each thousand. */
const maxDueSeen = 20_000;

export type Recovering = {
  pool: pg.Pool;
  defaultMaxRunning: number | null;
  days: UnfinishedDays;
  cursor: WalkCursor;
  /** Of those that could be taken now. */
  countLastChances(): Promise<number>;
};

export const createRecoveryCursor = (): WalkCursor => createWalkCursor(maxVisits, visitsOfWorkspace);

export type RecoveryLimits = { unclaimedMs: number; crashLimit: number; limit: number };

/** Each part takes only what no other process is busy with, so that many may recover at once. */
export async function recoverRuns(
  recovering: Recovering,
  { unclaimedMs, crashLimit, limit }: RecoveryLimits,
): Promise<Recovery> {
  const { pool } = recovering;
  const quarantined = await quarantine(pool, crashLimit, limit);
  const expired = await idsOf(pool, takeBackExpired, [limit]);
  const due = await endDueWaits(recovering, limit);
  const unclaimed = await listUnclaimed(recovering, unclaimedMs, limit);
  return {
    runIds: [...new Set([...expired, ...due, ...unclaimed])],
    expiredLeases: expired.length + quarantined.length,
    quarantined: quarantined.length,
    quarantinedRuns: quarantined,
    dueWaits: due.length,
    lastChances: await recovering.countLastChances(),
  };
}

/** In the order of the index of running runs, so that no other is read: whatever runs now, most of a day has ended. */
const expiredFirst = (condition: string): string => `SELECT id, crash_count FROM runs
    WHERE status = 'running' AND lease_until < now() AND ${condition} ORDER BY workspace_id, automation_id`;

/** The fence rises with every taking away, so that whatever the old worker still writes is refused. */
const takeBackExpired = `WITH expired AS MATERIALIZED (
    ${expiredFirst("true")} LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
  )
  UPDATE runs r SET status = 'queued', lease_owner = NULL, lease_until = NULL, fence = r.fence + 1, crash_count = r.crash_count + 1,
    reason_json = ${reasonNow("worker_died")}
  FROM expired WHERE r.id = expired.id RETURNING r.id`;

/** Workspaces take turns, or a thousand waits of one that end at once would keep a later one of another waiting. */
const selectDueWaits = `SELECT id FROM (
    SELECT id, due_at, row_number() OVER (PARTITION BY workspace_id ORDER BY due_at) AS turn FROM (
      SELECT id, workspace_id, due_at FROM runs WHERE status = 'waiting' AND due_at <= now() AND id >= $2 ORDER BY due_at LIMIT ${maxDueSeen}
    ) first
  ) due ORDER BY turn, due_at LIMIT $1`;

const requeueDueWaits = `WITH due AS MATERIALIZED (
    SELECT id FROM runs WHERE id = ANY($1::text[]) AND id >= $2 AND id < $3 AND status = 'waiting' AND due_at <= now()
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
  )
  UPDATE runs r SET status = 'queued', due_at = NULL, reason_json = ${reasonNow("due")} FROM due
  WHERE r.id = due.id AND r.id >= $2 AND r.id < $3 RETURNING r.id`;

async function endDueWaits({ pool, days }: Recovering, limit: number): Promise<string[]> {
  const { lowest } = await days.read();
  const found = await pool.query<{ id: string }>(selectDueWaits, [limit, lowest]);
  if (found.rows.length === 0) return [];
  const ids = found.rows.map(({ id }) => id);
  const { rows } = await pool.query<{ id: string }>(requeueDueWaits, [ids, ...boundsOf(ids)]);
  return rows.map(({ id }) => id);
}

/** To the end of time: whatever a wrong clock made is found here at last. */
const days = { runs: "runs", within: between("$9", "'~'") };

/** Only those that could be taken now: what a limit or its order key holds back needs no bell. */
const unclaimed = `WITH RECURSIVE ${[
  walked("$1::int", {
    ...days,
    workspaces: "$3::text[]",
    automations: "$4::text[]",
    orderKeys: "$5::text[]",
    visits: "$6::int",
    visitsOfWorkspace: "$7::int",
    isWithin: "false",
    unclaimedMs: "$8::float8",
  }),
  fitting({ limit: "$1::int", defaultMaxRunning: "$2::int" }, days),
].join(
  ", ",
)} SELECT walk.*, found.id FROM walk LEFT JOIN (SELECT id FROM candidate WHERE place <= $1::int) found ON true`;

const anyQueued = `${queuedInOrder({ runs: "runs", within: between("$1", "'~'") }, "true")} LIMIT 1`;

async function listUnclaimed(
  { pool, defaultMaxRunning, cursor, ...recovering }: Recovering,
  unclaimedMs: number,
  limit: number,
): Promise<string[]> {
  const { lowest } = await recovering.days.read();
  // Most of the time nothing waits, and then there is no need to plan a walk.
  const { rowCount } = await pool.query(anyQueued, [lowest]);
  if (rowCount === 0) return [];
  const beginning = cursor.begin();
  const walk = [...startsAt([beginning.from]), maxVisits, beginning.visitsOfWorkspace];
  const { rows } = await pool.query<Walk & { id: string | null }>(unclaimed, [
    limit,
    defaultMaxRunning,
    ...walk,
    unclaimedMs,
    lowest,
  ]);
  if (rows[0] !== undefined) cursor.end(beginning, rows[0]);
  return rows.flatMap(({ id }) => (id === null ? [] : [id]));
}

async function idsOf(pool: pg.Pool, statement: string, values: readonly number[]): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(statement, [...values]);
  return rows.map(({ id }) => id);
}

type QuarantinedRow = { id: string; workspace_id: string; automation_id: string; queued_at: Date; finished_at: Date };

/**
 * Runs whose worker died `crashLimit` times end as failed, at the step that was under way. A running run has a reason only
 * where it is trusted (`RunStore.trust`): that one gets another chance, up to a bound.
 */
async function quarantine(pool: pg.Pool, crashLimit: number, limit: number): Promise<LeftRun[]> {
  const failure: FailureRecord = new Failure(
    "quarantined",
    "The worker died {crashes} times while it held this run.", // filled in by the statement
    {
      advice: "Look at the input of the step that was under way, then retry the run.",
    },
  ).toRecord();
  const { rows } = await pool.query<QuarantinedRow>(
    `WITH expired AS MATERIALIZED (
       ${expiredFirst("crash_count + 1 >= $1 AND (reason_json IS NULL OR crash_count + 1 >= $5)")} LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
     ), step AS (
       UPDATE step_records s SET status = 'failed', failure_json = replace($3, '{crashes}', (expired.crash_count + 1)::text), finished_at = now()
       FROM expired WHERE s.run_id = expired.id AND s.status IN ('running', 'waiting') RETURNING s.run_id, s.path
     )
     UPDATE runs r SET status = 'failed', lease_owner = NULL, lease_until = NULL, fence = r.fence + 1, crash_count = r.crash_count + 1, reason_json = NULL,
       failure_json = replace($3, '{crashes}', (expired.crash_count + 1)::text), failure_code = $4, failed_path = (SELECT max(path) FROM step WHERE run_id = r.id), finished_at = now()
     FROM expired WHERE r.id = expired.id
     RETURNING r.id, r.workspace_id, r.automation_id, r.queued_at, r.finished_at`,
    [crashLimit, limit, JSON.stringify(failure), failure.code, crashesAtMost],
  );
  return rows.map((row) => ({
    ...{ runId: row.id, workspaceId: row.workspace_id, automationId: row.automation_id, queuedAt: row.queued_at },
    ...{ status: "failed", failureCode: failure.code, at: row.finished_at },
  }));
}
