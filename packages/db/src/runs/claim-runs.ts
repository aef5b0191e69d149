import type { ClaimedRun, ClaimRequest } from "@millrace/engine";
import type pg from "pg";
import { statement } from "../statement.ts";
import { type DayParameters, fitting, isDue, isLastChance, locked, named, take, walked } from "./choose-runs.ts";
import { boundsOf } from "./id-bounds.ts";
import { loadClaimed, type TakenRow } from "./load-claimed.ts";
import { type ProposedRun, takeLimited } from "./take-limited.ts";
import type { UnfinishedDays } from "./unfinished-days.ts";
import { createWalkCursor, type Group, startsAt, type Walk, type WalkCursor } from "./walk-cursor.ts";

export type Claiming = {
  pool: pg.Pool;
  days: UnfinishedDays;
  cursor: WalkCursor;
  /** How many runs a workspace without a limit of its own executes at once; null: any number. */
  defaultMaxRunning: number | null;
};

/**
 * How often one claim looks again where it has room left: another worker may have locked what it chose, a limit may have
 * been reached in between, or one group holds more than its share of a round.
 */
const maxRounds = 3;

/** Some 40 µs each: more in one statement would keep the others waiting for its answer. */
const maxVisits = 200;
const visitsOfWorkspace = 20;
/** A run that ended made room in its own workspace only. */
const visitsAfterRun = 16;
const maxFreed = 32;
/** One of them is taken; the others are there because a limit or an order may hold the first ones back. */
const maxLastChances = 20;

export const createClaimCursor = (): WalkCursor => createWalkCursor(maxVisits, visitsOfWorkspace);

const limits = { limit: "$3::int", defaultMaxRunning: "$4::int" };
const days = { lowest: "$5", beyond: "$6" };
const namedDays = { lowest: "$8", beyond: "$9" };

/** What is not limited is taken at once; the places of limited runs are left to them, and those are proposed. */
const takeOrPropose = (due: string, within: DayParameters, is = isDue) =>
  statement(`WITH RECURSIVE ${[
    due,
    fitting(limits, days),
    locked(
      "NOT c.is_limited",
      "$3::int - (SELECT count(*) FROM candidate WHERE is_limited AND place <= $3::int)",
      within,
      is,
    ),
    take("$1", "$2::float8", within),
  ].join(", ")}
  SELECT walk.*, found.* FROM walk LEFT JOIN (
    SELECT t.*, false AS is_limited, NULL::text[] AS locks FROM taken t
    UNION ALL
    SELECT c.id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true, c.locks FROM candidate c WHERE c.is_limited
  ) found ON true`);

const ofNamed = takeOrPropose(named("$7::text[]", namedDays), namedDays);
const ofLastChance = takeOrPropose(named("$7::text[]", namedDays, isLastChance), namedDays, isLastChance);
const lastChances = statement(
  `SELECT r.id FROM runs r WHERE ${isLastChance} AND r.id >= $1 AND r.id < $2 ORDER BY r.id LIMIT ${maxLastChances}`,
);
const ofWalked = takeOrPropose(
  walked(limits.limit, {
    ...days,
    workspaces: "$7::text[]",
    automations: "$8::text[]",
    orderKeys: "$9::text[]",
    visits: "$10::int",
    visitsOfWorkspace: "$11::int",
    isWithin: "$12::boolean",
    unclaimedMs: "0",
  }),
  days,
);

/** The usual case, which has to be quick: runs that were rung and that no limit and no order concerns. Names the others. */
const unlimitedDays = { lowest: "$5", beyond: "$6" };
const ofUnlimited = statement(`WITH due AS MATERIALIZED (
    SELECT r.id, r.order_key <> '' OR EXISTS (SELECT 1 FROM automations a WHERE a.id = r.automation_id AND a.concurrency IS NOT NULL)
      OR EXISTS (SELECT 1 FROM workspaces w WHERE w.id = r.workspace_id AND w.max_running_runs IS NOT NULL) AS is_limited
    FROM runs r WHERE r.id = ANY($4::text[]) AND r.id >= $5 AND r.id < $6 AND ${isDue}
  ), chosen AS MATERIALIZED (
    SELECT r.id FROM runs r WHERE r.id = ANY(ARRAY(SELECT d.id FROM due d WHERE NOT d.is_limited)) AND r.id >= $5 AND r.id < $6 AND ${isDue}
    ORDER BY r.id LIMIT $3 FOR NO KEY UPDATE OF r SKIP LOCKED
  ), ${take("$1", "$2::float8", unlimitedDays)}
  SELECT t.*, false AS is_limited FROM taken t
  UNION ALL
  SELECT d.id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true FROM due d WHERE d.is_limited`);

type FoundRow = Walk & ({ id: null } | (TakenRow & { is_limited: false }) | (ProposedRun & { is_limited: true }));
type Found = { taken: TakenRow[]; proposed: ProposedRun[]; hasMore: boolean };

export async function claimRuns(claiming: Claiming, request: ClaimRequest): Promise<ClaimedRun[]> {
  const { limit, runIds, freed } = request;
  if (limit <= 0 || runIds?.length === 0 || freed?.length === 0) return [];
  if (request.isLastChance) return claimLastChance(claiming, request);
  if (runIds === undefined || claiming.defaultMaxRunning !== null) {
    return loadClaimed(claiming.pool, await takeInRounds(claiming, request, []));
  }
  const { taken, limited } = await takeUnlimited(claiming, request, runIds);
  if (limited.length > 0) await takeInRounds(claiming, { ...request, runIds: limited }, taken);
  return loadClaimed(claiming.pool, taken);
}

async function claimLastChance(claiming: Claiming, request: ClaimRequest): Promise<ClaimedRun[]> {
  const { lowest, beyond } = await claiming.days.read();
  const { rows } = await claiming.pool.query<{ id: string }>(lastChances([lowest, beyond]));
  if (rows.length === 0) return [];
  const runIds = rows.map(({ id }) => id);
  return loadClaimed(claiming.pool, await takeInRounds(claiming, { ...request, runIds }, []));
}

async function takeUnlimited(
  { pool }: Claiming,
  { workerId, leaseMs, limit }: ClaimRequest,
  runIds: readonly string[],
): Promise<{ taken: TakenRow[]; limited: string[] }> {
  const { rows } = await pool.query<(TakenRow & { is_limited: false }) | { id: string; is_limited: true }>(
    ofUnlimited([workerId, leaseMs, limit, runIds, ...boundsOf(runIds)]),
  );
  return {
    taken: rows.flatMap((row) => (row.is_limited ? [] : [row])),
    limited: rows.flatMap((row) => (row.is_limited ? [row.id] : [])),
  };
}

/** Adds to `taken` until it holds as many as are asked for. */
async function takeInRounds(claiming: Claiming, request: ClaimRequest, taken: TakenRow[]): Promise<TakenRow[]> {
  for (let round = 1; round <= maxRounds && taken.length < request.limit; round++) {
    const room = request.limit - taken.length;
    const found = await find(claiming, { ...request, limit: room });
    const limited = await takeLimited(claiming, { ...request, limit: room - found.taken.length }, found.proposed);
    taken.push(...found.taken, ...limited);
    const fellShort = limited.length < Math.min(found.proposed.length, room - found.taken.length);
    if (!fellShort && !found.hasMore) break;
  }
  return taken;
}

async function find({ pool, cursor, defaultMaxRunning, ...claiming }: Claiming, request: ClaimRequest): Promise<Found> {
  const { workerId, leaseMs, limit, runIds, freed } = request;
  const { lowest, beyond } = await claiming.days.read();
  const values = [workerId, leaseMs, limit, defaultMaxRunning, lowest, beyond];
  if (runIds !== undefined) {
    const choose = request.isLastChance ? ofLastChance : ofNamed;
    const { rows } = await pool.query<FoundRow>(choose([...values, runIds, ...boundsOf(runIds)]));
    return toFound(rows);
  }
  if (freed !== undefined) {
    const starts = startsAt(startsAfter(freed));
    const { rows } = await pool.query<FoundRow>(ofWalked([...values, ...starts, visitsAfterRun, visitsAfterRun, true]));
    return toFound(rows);
  }
  const beginning = cursor.begin();
  const walk = [maxVisits, beginning.visitsOfWorkspace, false];
  const { rows } = await pool.query<FoundRow>(ofWalked([...values, ...startsAt([beginning.from]), ...walk]));
  const found = toFound(rows);
  const hasUnseen = rows[0] !== undefined && cursor.end(beginning, rows[0]);
  return { ...found, hasMore: found.hasMore || hasUnseen };
}

function toFound(rows: readonly FoundRow[]): Found {
  const found: Found = { taken: [], proposed: [], hasMore: false };
  for (const row of rows) {
    if (row.id === null) continue;
    if (row.is_limited) found.proposed.push(row);
    else found.taken.push(row);
    // Where nothing was found, what there is more of is held back too.
    found.hasMore = row.has_more;
  }
  return found;
}

/** The group of each run that ended and those after it, then the workspace's first ones. */
function startsAfter(freed: readonly Group[]): Group[] {
  const starts = new Map<string, Group>();
  for (const group of freed.slice(0, maxFreed)) {
    starts.set(`${group.workspaceId} ${group.automationId} ${group.orderKey}`, group);
    starts.set(group.workspaceId, { workspaceId: group.workspaceId, automationId: "", orderKey: "" });
  }
  return [...starts.values()];
}
