import type { RunStore } from "@millrace/engine";
import { createGroupCommit } from "../group-commit.ts";
import { isLockTimeout } from "../sql-state.ts";
import { statement } from "../statement.ts";
import { claimRuns, countLastChances, createClaimCursor } from "./claim-runs.ts";
import type { HotPath } from "./hot-path.ts";
import { boundsOf } from "./id-bounds.ts";
import { onEachRow } from "./on-each-row.ts";
import { putOff } from "./put-off.ts";
import { reasonNow } from "./reason-now.ts";
import { createRecoveryCursor, recoverRuns } from "./recover-runs.ts";
import { createUnfinishedDays } from "./unfinished-days.ts";

type HeldRun = { id: string; fence: number };

/** Locked in the order of their ids, as every statement that locks several runs does. */
const heldRuns = (locking: "waits" | "passes over"): string => `SELECT r.id FROM runs r
  WHERE r.id = ANY($2::text[]) AND r.id >= $4 AND r.id < $5 AND r.lease_owner = $1
    AND ${onEachRow("r.status = 'running' AND (r.id, r.fence) IN (SELECT id, fence FROM unnest($2::text[], $3::int[]) AS t(id, fence))")}
  ORDER BY r.id FOR NO KEY UPDATE OF r${locking === "passes over" ? " SKIP LOCKED" : ""}`;

const held = heldRuns("waits");

const extension = (locking: "waits" | "passes over") =>
  statement(`WITH held AS MATERIALIZED (${heldRuns(locking)})
  UPDATE runs r SET lease_until = now() + $6::float8 * interval '1 millisecond'
  WHERE r.id = ANY(ARRAY(SELECT id FROM held)) AND r.id >= $4 AND r.id < $5 RETURNING r.id`);

const extendUnlocked = extension("passes over");
const extend = extension("waits");

/** The fence rises: whatever is still under way in the worker that gave the run back is refused. */
const giveBack = statement(`WITH held AS MATERIALIZED (${held})
  UPDATE runs r SET status = 'queued', lease_owner = NULL, lease_until = NULL, fence = r.fence + 1, reason_json = ${reasonNow("handed_back")}
  WHERE r.id = ANY(ARRAY(SELECT id FROM held)) AND r.id >= $4 AND r.id < $5`);

/** Until it leaves, makes progress or is taken back, which all write another reason or none. */
const trust = statement(`WITH held AS MATERIALIZED (${held})
  UPDATE runs r SET reason_json = ${reasonNow("trusted")} WHERE r.id = ANY(ARRAY(SELECT id FROM held)) AND r.id >= $4 AND r.id < $5`);

/** As parameters from `$2` on. */
function columnsOf(runs: readonly HeldRun[]): unknown[] {
  const ids = runs.map(({ id }) => id);
  return [ids, runs.map(({ fence }) => fence), ...boundsOf(ids)];
}

/** One statement for all of them; one that somebody else keeps locked costs no other anything. */
function settleRuns<Result>(
  runs: readonly HeldRun[],
  flush: (runs: readonly HeldRun[]) => Promise<Result[]>,
): Promise<PromiseSettledResult<Result>[]> {
  const group = createGroupCommit({ flush, maxBatch: runs.length, maxConcurrent: 1, maxQueued: runs.length });
  return Promise.allSettled(runs.map((run) => group.submit(run)));
}

/** What is still locked is still ours, as far as anybody can see: the next heartbeat will tell. */
function isLost(extending: PromiseSettledResult<boolean> | undefined): boolean {
  if (extending?.status !== "rejected") return extending?.value === false;
  if (isLockTimeout(extending.reason)) return false;
  throw extending.reason;
}

export type RunStoreOptions = {
  /** How many runs a workspace without a limit of its own executes at once; absent or null: any number. */
  defaultMaxRunning?: number | null;
};

export function createRunStore(hotPath: HotPath, { defaultMaxRunning = null }: RunStoreOptions = {}): RunStore {
  // Heartbeats, and what only happens after trouble, concern runs of any day.
  const { pool } = hotPath.anyDay;
  const days = createUnfinishedDays(pool, defaultMaxRunning);
  const release: RunStore["release"] = async (workerId, runs) => {
    const outcomes = await settleRuns(runs, async (some) => {
      await pool.query(giveBack([workerId, ...columnsOf(some)]));
      return some.map(() => undefined);
    });
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  };
  const claiming = { hotPath, defaultMaxRunning, days, cursor: createClaimCursor(), release };
  const recovering = {
    ...{ pool, defaultMaxRunning, days, cursor: createRecoveryCursor() },
    countLastChances: () => countLastChances(claiming),
  };
  return {
    claim: (request) => claimRuns(claiming, request),

    async extendLeases(workerId, runs, leaseMs) {
      const extendBy = async (by: typeof extend, some: readonly HeldRun[]): Promise<boolean[]> => {
        const { rows } = await pool.query<{ id: string }>(by([workerId, ...columnsOf(some), leaseMs]));
        const extended = new Set(rows.map(({ id }) => id));
        return some.map(({ id }) => extended.has(id));
      };
      if (runs.length === 0) return [];
      const areExtended = await extendBy(extendUnlocked, runs);
      // Over, lost, or locked at that moment: it waits apart, so that it holds up nobody else's commit.
      const left = runs.filter((_, index) => !areExtended[index]);
      const outcomes = await settleRuns(left, (some) => extendBy(extend, some));
      return left.flatMap(({ id }, index) => (isLost(outcomes[index]) ? [id] : []));
    },

    release,

    putOff: (workerId, run, trouble) => putOff(pool, workerId, run, trouble),

    async trust(workerId, runs) {
      if (runs.length > 0) await pool.query(trust([workerId, ...columnsOf(runs)]));
    },

    recover: (limits) => recoverRuns(recovering, limits),

    async ping() {
      await pool.query("SELECT 1");
    },
  };
}
