import { Failure } from "@millrace/base";
import { errorsAtMost, type RunTrouble } from "@millrace/engine";
import type pg from "pg";
import { storedText, storedTextOrNull } from "../stored-text.ts";

type HeldRun = { id: string; fence: number };

/** Seconds, doubled each time: 1, 2, 4 … up to 256, nine minutes together. */
const waitText = "power(2, r.error_count) * interval '1 second'";

const held = (condition: string) => `WITH held AS MATERIALIZED (
    SELECT r.id, r.error_count + 1 AS errors FROM runs r
    WHERE r.id = $2 AND r.lease_owner = $1 AND r.fence = $3 AND r.status = 'running' AND r.error_count + 1 ${condition} $4 FOR NO KEY UPDATE
  )`;

const wait = `${held("<")}
  UPDATE runs r SET status = 'waiting', lease_owner = NULL, lease_until = NULL, fence = r.fence + 1, error_count = held.errors,
    due_at = now() + ${waitText},
    reason_json = json_build_object('kind', 'trouble', 'path', $5::text, 'attempt', held.errors, 'message', $6::text,
      'until', to_char((now() + ${waitText}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))::text
  FROM held WHERE r.id = held.id`;

const end = `${held(">=")}, step AS (
    UPDATE step_records s SET status = 'failed', failure_json = $6, finished_at = now()
    FROM held WHERE s.run_id = held.id AND s.status IN ('running', 'waiting')
  )
  UPDATE runs r SET status = 'failed', lease_owner = NULL, lease_until = NULL, fence = r.fence + 1, error_count = held.errors,
    reason_json = NULL, failure_json = $6, failure_code = $7, failed_path = $5, finished_at = now()
  FROM held WHERE r.id = held.id`;

/** See `RunStore.putOff`. */
export async function putOff(
  pool: pg.Pool,
  workerId: string,
  { id, fence }: HeldRun,
  { path, message }: RunTrouble,
): Promise<"waiting" | "failed" | undefined> {
  const values = [workerId, id, fence, errorsAtMost, storedTextOrNull(path)];
  const waits = await pool.query(wait, [...values, storedText(message)]);
  if (waits.rowCount === 1) return "waiting";
  const failure = new Failure(
    "own_bug",
    `An error of Millrace's own stopped the run ${errorsAtMost} times without progress: ${message}`,
    { advice: "The workers' log has the whole error under the run's id. Once its cause is gone, retry the run." },
  ).toRecord();
  const ended = await pool.query(end, [...values, JSON.stringify(failure), failure.code]);
  return ended.rowCount === 1 ? "failed" : undefined;
}
