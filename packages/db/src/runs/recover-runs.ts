import { Failure, type FailureRecord } from "@millrace/base";
import type { Recovery } from "@millrace/engine";
import type pg from "pg";

export type RecoveryLimits = { unclaimedMs: number; crashLimit: number; limit: number };

/** Each part takes only what no other process is busy with, so that many may recover at once. */
export async function recoverRuns(
  pool: pg.Pool,
  { unclaimedMs, crashLimit, limit }: RecoveryLimits,
): Promise<Recovery> {
  const quarantined = await quarantine(pool, crashLimit, limit);
  const expired = await idsOf(pool, takeBackExpired, [limit]);
  const due = await idsOf(pool, endDueWaits, [limit]);
  const unclaimed = await idsOf(pool, listUnclaimed, [unclaimedMs, limit]);
  return {
    runIds: [...new Set([...expired, ...due, ...unclaimed])],
    expiredLeases: expired.length + quarantined,
    quarantined,
    dueWaits: due.length,
  };
}

const isExpired = "status = 'running' AND lease_until < now()";

/** The fence rises with every taking away, so that whatever the old worker still writes is refused. */
const takeBackExpired = `WITH expired AS MATERIALIZED (
    SELECT id FROM runs WHERE ${isExpired} ORDER BY id LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
  )
  UPDATE runs r SET status = 'queued', lease_owner = NULL, lease_until = NULL, fence = r.fence + 1, crash_count = r.crash_count + 1
  FROM expired WHERE r.id = expired.id RETURNING r.id`;

const endDueWaits = `WITH due AS MATERIALIZED (
    SELECT id FROM runs WHERE status = 'waiting' AND due_at <= now() ORDER BY due_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
  )
  UPDATE runs r SET status = 'queued', due_at = NULL, reason_json = NULL FROM due WHERE r.id = due.id RETURNING r.id`;

const listUnclaimed = `SELECT id FROM runs
  WHERE status = 'queued' AND queued_at < now() - $1::float8 * interval '1 millisecond' ORDER BY id LIMIT $2`;

async function idsOf(pool: pg.Pool, statement: string, values: readonly number[]): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(statement, [...values]);
  return rows.map(({ id }) => id);
}

/** Runs whose worker died `crashLimit` times end as failed, at the step that was under way. */
async function quarantine(pool: pg.Pool, crashLimit: number, limit: number): Promise<number> {
  const failure: FailureRecord = new Failure(
    "quarantined",
    `The worker died ${crashLimit} times while it held this run.`,
    {
      advice: "Look at the input of the step that was under way, then retry the run.",
    },
  ).toRecord();
  const { rowCount } = await pool.query(
    `WITH expired AS MATERIALIZED (
       SELECT id FROM runs WHERE ${isExpired} AND crash_count + 1 >= $1 ORDER BY id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
     ), step AS (
       UPDATE step_records s SET status = 'failed', failure_json = $3, finished_at = now()
       FROM expired WHERE s.run_id = expired.id AND s.status IN ('running', 'waiting') RETURNING s.run_id, s.path
     )
     UPDATE runs r SET status = 'failed', lease_owner = NULL, lease_until = NULL, fence = r.fence + 1, crash_count = r.crash_count + 1,
       failure_json = $3, failure_code = $4, failed_path = (SELECT max(path) FROM step WHERE run_id = r.id), finished_at = now()
     FROM expired WHERE r.id = expired.id`,
    [crashLimit, limit, JSON.stringify(failure), failure.code],
  );
  return rowCount ?? 0;
}
