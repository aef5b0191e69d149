import type { ClaimedRun, ClaimRequest, RunStore } from "@millrace/engine";
import { statement } from "../statement.ts";
import { type DayParameters, fitting, isDue, isLastChance, named, take, walked } from "./choose-runs.ts";
import { type CountingTables, type HotPath, laneStatement } from "./hot-path.ts";
import { boundsOf } from "./id-bounds.ts";
import { loadClaimed, type TakenRow } from "./load-claimed.ts";
import { onEachRow } from "./on-each-row.ts";
import { putOff } from "./put-off.ts";
import { countedBounds, type ProposedRun, takeLimited } from "./take-limited.ts";
import type { UnfinishedDays } from "./unfinished-days.ts";
import { createWalkCursor, type Group, startsAt, type Walk, type WalkCursor } from "./walk-cursor.ts";

export type Claiming = {
  hotPath: HotPath;
  days: UnfinishedDays;
  cursor: WalkCursor;
  release: RunStore["release"];
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
/** More than one is enough to know. */
const lastChancesCounted = 2;

export const createClaimCursor = (): WalkCursor => createWalkCursor(maxVisits, visitsOfWorkspace);

/** The first two parameters are the bounds of the days with unfinished runs. */
const limits = { limit: "$3::int", defaultMaxRunning: "$4::int" };

/**
 * Only proposes. A statement that both walks and takes would meet rows that others change at that moment deep inside its
 * plan, where PostgreSQL 18.4 has crashed (docs/decisions/0005).
 */
const propose = (due: string, counted: DayParameters) => `WITH RECURSIVE ${[due, fitting(limits, counted)].join(", ")}
  SELECT walk.*, candidate.id, candidate.is_limited, candidate.locks, candidate.place
  FROM walk LEFT JOIN candidate ON true ORDER BY candidate.place`;

const ofNamed = (is: string) =>
  laneStatement<CountingTables>(({ runs, counted }, within) =>
    propose(named("$5::text[]", { runs, within }, is), { runs: counted, within }),
  );
const ofDue = ofNamed(isDue);
const ofLastChance = ofNamed(isLastChance);
/** The first of each group: a limit or an order that holds it back holds back the others of its group too. */
const lastChances = statement(
  `SELECT DISTINCT ON (r.workspace_id, r.automation_id, r.order_key) r.id FROM runs r
   WHERE ${isLastChance} AND r.id >= $1 AND r.id < $2
   ORDER BY r.workspace_id, r.automation_id, r.order_key, r.order_position, r.id`,
);
const ofWalked = laneStatement(({ runs }, within) => {
  const days = { runs, within };
  const walk = {
    ...days,
    workspaces: "$5::text[]",
    automations: "$6::text[]",
    orderKeys: "$7::text[]",
    visits: "$8::int",
    visitsOfWorkspace: "$9::int",
    isWithin: "$10::boolean",
    unclaimedMs: "0",
  };
  return propose(walked(limits.limit, walk), days);
});

/** The usual case, which has to be quick: runs that no limit and no order concerns. Names the others. */
const takeFree = (is: string) =>
  laneStatement(
    ({ runs }, within) => `WITH due AS MATERIALIZED (
    SELECT r.id, r.order_key <> '' OR EXISTS (SELECT 1 FROM automations a WHERE a.id = r.automation_id AND a.concurrency IS NOT NULL)
      OR EXISTS (SELECT 1 FROM workspaces w WHERE w.id = r.workspace_id AND w.max_running_runs IS NOT NULL) AS is_limited
    FROM ${runs} r WHERE r.id = ANY($6::text[]) AND ${within("r.id")} AND ${onEachRow(is)}
  ), chosen AS MATERIALIZED (
    SELECT r.id FROM ${runs} r WHERE r.id = ANY(ARRAY(SELECT d.id FROM due d WHERE NOT d.is_limited)) AND ${within("r.id")} AND ${onEachRow(is)}
    ORDER BY r.id LIMIT $5 FOR NO KEY UPDATE OF r SKIP LOCKED
  ), ${take("$3", "$4::float8", { runs, within })}
  SELECT t.*, false AS is_limited FROM taken t
  UNION ALL
  SELECT d.id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true FROM due d WHERE d.is_limited`,
  );

const takeDue = takeFree(isDue);
const takeLastChance = takeFree(isLastChance);

type Candidate = { id: string; is_limited: boolean; locks: string[]; place: string };
type FoundRow = Walk & ({ id: null } | Candidate);
/** In the order in which to take them; `free` leaves the places of limited ones to those. */
type Found = { free: string[]; proposed: ProposedRun[]; hasMore: boolean };

/**
 * What was taken is either answered with or given back at once, without counting a crash: nobody would extend its lease. A
 * run that can't be loaded is put off alone, for a release that knows more, or to fail in the end.
 */
export async function claimRuns(claiming: Claiming, request: ClaimRequest): Promise<ClaimedRun[]> {
  const { limit, runIds, freed, workerId } = request;
  if (limit <= 0 || runIds?.length === 0 || freed?.length === 0) return [];
  const { pool } = claiming.hotPath.anyDay;
  const taken: TakenRow[] = [];
  try {
    await takeRuns(claiming, request, taken);
    const { runs, unloadable, postponed } = await loadClaimed(claiming.hotPath, taken, request.maxBytes);
    if (postponed.length > 0) await claiming.release(workerId, postponed);
    for (const { row, message } of unloadable) await putOff(pool, workerId, row, { path: null, message });
    return runs;
  } catch (error) {
    await claiming.release(workerId, taken).catch(() => undefined); // then their leases end
    throw error;
  }
}

/** Adds to `taken` as it goes. */
async function takeRuns(claiming: Claiming, request: ClaimRequest, taken: TakenRow[]): Promise<void> {
  const { runIds, setAside } = request;
  if (request.isLastChance) return takeOneLastChance(claiming, request, taken);
  if (runIds === undefined) return takeInRounds(claiming, request, taken);
  let limited = runIds;
  if (claiming.defaultMaxRunning === null) {
    const free = await takeUnlimited(claiming, request, runIds);
    taken.push(...free.taken);
    limited = free.limited;
  }
  if (limited.length === 0) return;
  if (setAside) setAside(limited);
  else await takeInRounds(claiming, { ...request, runIds: limited }, taken);
}

/** How many runs wait for their last chance and could have it now, counted no further than to two. */
export async function countLastChances(claiming: Claiming): Promise<number> {
  const runIds = await listLastChances(claiming);
  if (runIds.length === 0) return 0;
  const { free, proposed } = await find(claiming, { limit: lastChancesCounted, runIds, isLastChance: true });
  return free.length + proposed.length;
}

async function listLastChances({ hotPath, days }: Claiming): Promise<string[]> {
  const { lowest, beyond } = await days.read();
  const { rows } = await hotPath.anyDay.pool.query<{ id: string }>(lastChances([lowest, beyond]));
  return rows.map(({ id }) => id);
}

async function takeOneLastChance(claiming: Claiming, request: ClaimRequest, taken: TakenRow[]): Promise<void> {
  const runIds = await listLastChances(claiming);
  if (runIds.length > 0) await takeInRounds(claiming, { ...request, runIds }, taken);
}

async function takeUnlimited(
  { hotPath }: Claiming,
  { workerId, leaseMs, limit, isLastChance: isLast }: ClaimRequest,
  runIds: readonly string[],
): Promise<{ taken: TakenRow[]; limited: string[] }> {
  if (runIds.length === 0) return { taken: [], limited: [] };
  const takes = isLast ? takeLastChance : takeDue;
  const lane = await hotPath.laneOf({ run: runIds });
  const { rows } = await lane.pool.query<(TakenRow & { is_limited: false }) | { id: string; is_limited: true }>(
    takes(lane, [...boundsOf(runIds), workerId, leaseMs, limit, runIds]),
  );
  return {
    taken: rows.flatMap((row) => (row.is_limited ? [] : [row])),
    limited: rows.flatMap((row) => (row.is_limited ? [row.id] : [])),
  };
}

/** Adds to `taken` until it holds as many as are asked for. */
async function takeInRounds(claiming: Claiming, request: ClaimRequest, taken: TakenRow[]): Promise<void> {
  let hasMore = false;
  for (let round = 1; round <= maxRounds && taken.length < request.limit; round++) {
    const room = request.limit - taken.length;
    const found = await find(claiming, { ...request, limit: room });
    const free = await takeUnlimited(claiming, { ...request, limit: found.free.length }, found.free);
    taken.push(...free.taken);
    const left = room - free.taken.length;
    const limited = await takeLimited(claiming, { ...request, limit: left }, found.proposed);
    taken.push(...limited);
    const fellShort = free.taken.length < found.free.length || limited.length < Math.min(found.proposed.length, left);
    hasMore = found.hasMore;
    if (!fellShort && !hasMore) break;
  }
  if (hasMore && request.runIds === undefined) request.seenInPart?.();
}

async function find(
  { hotPath, cursor, defaultMaxRunning, ...claiming }: Claiming,
  request: Pick<ClaimRequest, "limit" | "runIds" | "freed" | "isLastChance">,
): Promise<Found> {
  const { limit, runIds, freed } = request;
  const { lowest, beyond, onlyDay } = await claiming.days.read();
  const values = [lowest, beyond, limit, defaultMaxRunning];
  if (runIds !== undefined) {
    const choose = request.isLastChance ? ofLastChance : ofDue;
    const counted = countedBounds(runIds, { lowest, beyond });
    const lane = await hotPath.countingLaneOf(runIds, counted);
    const named = [counted.lowest, counted.beyond, limit, defaultMaxRunning, runIds];
    const { rows } = await lane.pool.query<FoundRow>(choose(lane, named));
    return toFound(rows, limit);
  }
  const lane = onlyDay === undefined ? hotPath.anyDay : await hotPath.laneOf({ run: [onlyDay] });
  if (freed !== undefined) {
    const starts = startsAt(startsAfter(freed));
    const { rows } = await lane.pool.query<FoundRow>(
      ofWalked(lane, [...values, ...starts, visitsAfterRun, visitsAfterRun, true]),
    );
    return toFound(rows, limit);
  }
  const beginning = cursor.begin();
  const walk = [maxVisits, beginning.visitsOfWorkspace, false];
  const { rows } = await lane.pool.query<FoundRow>(ofWalked(lane, [...values, ...startsAt([beginning.from]), ...walk]));
  const found = toFound(rows, limit);
  const hasUnseen = rows[0] !== undefined && cursor.end(beginning, rows[0]);
  return { ...found, hasMore: found.hasMore || hasUnseen };
}

function toFound(rows: readonly FoundRow[], limit: number): Found {
  const candidates = rows.filter((row) => row.id !== null);
  const reserved = candidates.filter(({ is_limited, place }) => is_limited && Number(place) <= limit).length;
  const free = candidates.filter(({ is_limited }) => !is_limited).map(({ id }) => id);
  return {
    free: free.slice(0, Math.max(0, limit - reserved)),
    proposed: candidates.filter(({ is_limited }) => is_limited),
    // Where nothing was found, what there is more of is held back too.
    hasMore: candidates[0]?.has_more ?? false,
  };
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
