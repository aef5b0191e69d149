import type { RunStore } from "@millrace/engine";
import { statement } from "../statement.ts";
import { claimRuns, createClaimCursor } from "./claim-runs.ts";
import type { HotPath } from "./hot-path.ts";
import { boundsOf } from "./id-bounds.ts";
import { onEachRow } from "./on-each-row.ts";
import { createRecoveryCursor, recoverRuns } from "./recover-runs.ts";
import { requeued } from "./requeued.ts";
import { createUnfinishedDays } from "./unfinished-days.ts";

type HeldRun = { id: string; fence: number };

/** Locked in the order of their ids, as every statement that locks several runs does. */
const held = `SELECT r.id FROM runs r
  WHERE r.id = ANY($2::text[]) AND r.id >= $4 AND r.id < $5 AND r.lease_owner = $1
    AND ${onEachRow("r.status = 'running' AND (r.id, r.fence) IN (SELECT id, fence FROM unnest($2::text[], $3::int[]) AS t(id, fence))")}
  ORDER BY r.id FOR NO KEY UPDATE OF r`;

const extend = statement(`WITH held AS MATERIALIZED (${held})
  UPDATE runs r SET lease_until = now() + $6::float8 * interval '1 millisecond'
  WHERE r.id = ANY(ARRAY(SELECT id FROM held)) AND r.id >= $4 AND r.id < $5 RETURNING r.id`);

/** The fence rises: whatever is still under way in the worker that gave the run back is refused. */
const giveBack = statement(`WITH held AS MATERIALIZED (${held})
  UPDATE runs r SET status = 'queued', lease_owner = NULL, lease_until = NULL, fence = r.fence + 1, reason_json = ${requeued("handed_back")}
  WHERE r.id = ANY(ARRAY(SELECT id FROM held)) AND r.id >= $4 AND r.id < $5`);

const forgive = statement(`WITH held AS MATERIALIZED (${held})
  UPDATE runs r SET crash_count = 0 WHERE r.id = ANY(ARRAY(SELECT id FROM held)) AND r.id >= $4 AND r.id < $5`);

/** As parameters from `$2` on. */
function columnsOf(runs: readonly HeldRun[]): unknown[] {
  const ids = runs.map(({ id }) => id);
  return [ids, runs.map(({ fence }) => fence), ...boundsOf(ids)];
}

export type RunStoreOptions = {
  /** How many runs a workspace without a limit of its own executes at once; absent or null: any number. */
  defaultMaxRunning?: number | null;
};

export function createRunStore(hotPath: HotPath, { defaultMaxRunning = null }: RunStoreOptions = {}): RunStore {
  // Heartbeats, and what only happens after trouble, concern runs of any day.
  const { pool } = hotPath.anyDay;
  const days = createUnfinishedDays(pool, defaultMaxRunning);
  const claiming = { hotPath, defaultMaxRunning, days, cursor: createClaimCursor() };
  const recovering = { pool, defaultMaxRunning, days, cursor: createRecoveryCursor() };
  return {
    claim: (request) => claimRuns(claiming, request),

    async extendLeases(workerId, runs, leaseMs) {
      if (runs.length === 0) return [];
      const { rows } = await pool.query<{ id: string }>(extend([workerId, ...columnsOf(runs), leaseMs]));
      const kept = new Set(rows.map(({ id }) => id));
      return runs.map(({ id }) => id).filter((id) => !kept.has(id));
    },

    async release(workerId, runs) {
      if (runs.length > 0) await pool.query(giveBack([workerId, ...columnsOf(runs)]));
    },

    async forgetCrashes(workerId, runs) {
      if (runs.length > 0) await pool.query(forgive([workerId, ...columnsOf(runs)]));
    },

    recover: (limits) => recoverRuns(recovering, limits),
  };
}
