import { crashLimit } from "@millrace/engine";
import type { Within } from "./hot-path.ts";
import { onEachRow } from "./on-each-row.ts";

/**
 * The statements that choose runs: which ones are due, and how many of them the limits leave room for. Each is a list of
 * common table expressions that ends in `candidate (id, is_limited, locks, turn)`, in the order in which to take them.
 *
 * - A workspace executes at most `max_running_runs` at once (else the installation's default), an automation at most the
 *   `concurrency` that was published. What executes is counted in the partial index of running runs.
 * - Of runs with one order key, only the first that has not ended may execute. One that runs, waits or needs review holds
 *   its key.
 * - Workspaces take turns: the first run of each, then the second of each. Within one, the oldest comes first.
 *
 * Counts are of this statement's snapshot, so what is limited (`is_limited`) is only proposed here and taken by
 * `take-limited.ts`, which counts again behind the locks that `locks` names. Everything else needs no lock but its row's.
 */

/** Before their last chance: those are claimed on their own. */
const isTrusted = `r.crash_count < ${crashLimit - 1}`;
export const isDue = `((r.status = 'queued' OR (r.status = 'waiting' AND r.due_at <= now())) AND ${isTrusted})`;
export const isLastChance = `(r.status = 'queued' AND r.crash_count >= ${crashLimit - 1})`;

/** What the statements are told, as parameters: `$5`, or literals. */
export type ChoiceParameters = {
  limit: string;
  /** Of workspaces that have none of their own; null: none. */
  defaultMaxRunning: string;
};

/** Only partitions of days with unfinished runs are worth a look. */
export type DayParameters = {
  /** The table of runs, or its partition of the one day there is. */
  runs: string;
  /** Lets the planner skip the other partitions; of one partition it says nothing (see `laneStatement`). */
  within: Within;
};

export type WalkParameters = DayParameters & {
  /** Groups to begin at, as arrays: workspaces, automations, order keys. */
  workspaces: string;
  automations: string;
  orderKeys: string;
  /** How many groups to visit from each beginning. */
  visits: string;
  /** How many of one workspace, before going on to the next. */
  visitsOfWorkspace: string;
  /** Whether to stay in the workspace that the walk began in. */
  isWithin: string;
  /** Only runs that are queued for as long. */
  unclaimedMs: string;
};

const tuple = (alias: string) => `(${alias}.workspace_id, ${alias}.automation_id, ${alias}.order_key)`;

/** Groups of queued runs in the order of their index, so that no other is read: most runs of a day have ended. */
export const queuedInOrder = ({ runs, within }: DayParameters, condition: string): string =>
  `SELECT r.workspace_id, r.automation_id, r.order_key FROM ${runs} r
    WHERE r.status = 'queued' AND ${within("r.id")} AND ${condition} ORDER BY r.workspace_id, r.automation_id, r.order_key`;

/** The next group: one entry is read, however many runs the group has. */
const nextGroup = (days: DayParameters, from: string): string =>
  `${queuedInOrder(days, `${tuple("r")} ${from}`)} LIMIT 1`;

/**
 * Walks over groups of queued runs (workspace, automation, order key), a bounded number of them, and reads the first runs
 * of each. `~` sorts after every id. A single group fills the limit alone; the more there are, the fewer are read of each.
 * BETWEEN is an equality that the planner does not see through: else it may read a whole day in the order of its ids.
 */
export const walked = (limit: string, walk: WalkParameters): string => `step AS (
    SELECT next.*, 1 AS visit, 1 AS of_workspace
    FROM unnest(${walk.workspaces}, ${walk.automations}, ${walk.orderKeys}) AS s(workspace_id, automation_id, order_key)
    CROSS JOIN LATERAL (${nextGroup(walk, `>= ${tuple("s")}`)}) next
    WHERE NOT ${walk.isWithin} OR next.workspace_id = s.workspace_id
    UNION ALL
    SELECT next.*, p.visit + 1, CASE WHEN next.workspace_id = p.workspace_id THEN p.of_workspace + 1 ELSE 1 END
    FROM step p
    CROSS JOIN LATERAL (${nextGroup(walk, `> (p.workspace_id, CASE WHEN p.of_workspace < ${walk.visitsOfWorkspace} THEN p.automation_id ELSE '~' END, p.order_key)`)}) next
    WHERE p.visit < ${walk.visits} AND (NOT ${walk.isWithin} OR next.workspace_id = p.workspace_id)
  ), visited AS MATERIALIZED (
    SELECT DISTINCT workspace_id, automation_id, order_key FROM step
  ), quota AS MATERIALIZED (
    SELECT LEAST(${limit} * 2, GREATEST(4, ${limit} * 4 / GREATEST(count(*), 1))) AS runs FROM visited
  ), due AS (
    SELECT first.id, v.workspace_id, v.automation_id, v.order_key, first.order_position
    FROM visited v CROSS JOIN quota CROSS JOIN LATERAL (
      SELECT r.id, r.order_position, r.queued_at FROM ${walk.runs} r
      WHERE r.status = 'queued' AND ${isTrusted} AND ${walk.within("r.id")}
        AND r.workspace_id BETWEEN v.workspace_id AND v.workspace_id AND r.automation_id BETWEEN v.automation_id AND v.automation_id
        AND r.order_key BETWEEN v.order_key AND v.order_key
      ORDER BY r.workspace_id, r.automation_id, r.order_key, r.order_position, r.id
      LIMIT CASE WHEN v.order_key = '' THEN quota.runs ELSE 1 END
    ) first
    WHERE ${walk.unclaimedMs} = 0 OR first.queued_at < now() - ${walk.unclaimedMs} * interval '1 millisecond'
    UNION ALL
    (SELECT r.id, r.workspace_id, r.automation_id, r.order_key, r.order_position FROM ${walk.runs} r
     WHERE r.status = 'waiting' AND r.due_at <= now() AND ${isTrusted} AND ${walk.within("r.id")} AND NOT ${walk.isWithin}
     ORDER BY r.due_at LIMIT ${limit} * 2)
  ), walk AS (
    SELECT COALESCE(max(visit), 0) AS visits, COALESCE(bool_or(of_workspace >= ${walk.visitsOfWorkspace}), false) AS is_cut,
      (SELECT COALESCE(bool_or(taken.runs >= quota.runs), false) FROM quota,
        (SELECT count(*) AS runs FROM due WHERE order_key = '' GROUP BY workspace_id, automation_id) taken) AS has_more,
      (array_agg(workspace_id ORDER BY visit DESC))[1] AS last_workspace, (array_agg(automation_id ORDER BY visit DESC))[1] AS last_automation,
      (array_agg(order_key ORDER BY visit DESC))[1] AS last_order_key
    FROM step
  )`;

/** Those of these runs that are due, or whatever else `is` says. */
export const named = (ids: string, days: DayParameters, is = isDue): string => `due AS (
    SELECT r.id, r.workspace_id, r.automation_id, r.order_key, r.order_position FROM ${days.runs} r
    WHERE r.id = ANY(${ids}) AND ${days.within("r.id")} AND ${onEachRow(is)}
  ), walk AS (
    SELECT 0 AS visits, false AS is_cut, false AS has_more, NULL AS last_workspace, NULL AS last_automation, NULL AS last_order_key
  )`;

/** `counted`: the days in which running runs are counted. */
export function fitting({ limit, defaultMaxRunning }: ChoiceParameters, counted: DayParameters): string {
  const during = `AND ${counted.within("e.id")}`;
  return `unblocked AS (
    SELECT d.* FROM due d WHERE d.order_key = '' OR (
      NOT EXISTS (SELECT 1 FROM ${counted.runs} e WHERE e.automation_id = d.automation_id AND e.order_key = d.order_key AND e.order_key <> ''
        AND e.status IN ('running', 'waiting', 'needs_review') AND e.id <> d.id ${during})
      AND NOT COALESCE((SELECT (e.order_position, e.id) < (d.order_position, d.id) FROM ${counted.runs} e
        WHERE e.status = 'queued' AND e.workspace_id = d.workspace_id AND e.automation_id = d.automation_id AND e.order_key = d.order_key ${during}
        ORDER BY e.order_position, e.id LIMIT 1), false))
  ), automation_room AS MATERIALIZED (
    SELECT a.id, a.concurrency - (SELECT count(*) FROM ${counted.runs} e WHERE e.status = 'running' AND e.workspace_id = a.workspace_id AND e.automation_id = a.id ${during}) AS room
    FROM automations a WHERE a.id IN (SELECT automation_id FROM unblocked) AND a.concurrency IS NOT NULL
  ), workspace_room AS MATERIALIZED (
    SELECT w.id, COALESCE(w.max_running_runs, ${defaultMaxRunning}) - (SELECT count(*) FROM ${counted.runs} e WHERE e.status = 'running' AND e.workspace_id = w.id ${during}) AS room
    FROM workspaces w WHERE w.id IN (SELECT workspace_id FROM unblocked) AND COALESCE(w.max_running_runs, ${defaultMaxRunning}) IS NOT NULL
  ), of_automation AS (
    SELECT u.*, a.room AS automation_room, row_number() OVER (PARTITION BY u.automation_id ORDER BY u.id) AS nth
    FROM unblocked u LEFT JOIN automation_room a ON a.id = u.automation_id
  ), of_workspace AS (
    SELECT o.*, w.room AS workspace_room, row_number() OVER (PARTITION BY o.workspace_id ORDER BY o.id) AS turn
    FROM of_automation o LEFT JOIN workspace_room w ON w.id = o.workspace_id
    WHERE o.automation_room IS NULL OR o.nth <= o.automation_room
  ), candidate AS MATERIALIZED (
    SELECT id, order_key <> '' OR automation_room IS NOT NULL OR workspace_room IS NOT NULL AS is_limited,
      array_remove(ARRAY[CASE WHEN workspace_room IS NOT NULL THEN workspace_id END,
        CASE WHEN automation_room IS NOT NULL OR order_key <> '' THEN automation_id END], NULL) AS locks,
      row_number() OVER (ORDER BY turn, id) AS place
    FROM of_workspace WHERE workspace_room IS NULL OR turn <= workspace_room ORDER BY turn, id LIMIT ${limit} * 2
  )`;
}

/** Runs that others have locked are passed over, in the order of the candidates, until there are enough. */
export const locked = (
  where: string,
  limit: string,
  days: DayParameters,
  is = isDue,
): string => `chosen AS MATERIALIZED (
    SELECT free.id FROM (SELECT id FROM candidate c WHERE ${where} ORDER BY place) c
    CROSS JOIN LATERAL (
      SELECT r.id FROM ${days.runs} r WHERE r.id = c.id AND ${days.within("r.id")} AND ${onEachRow(is)} FOR NO KEY UPDATE SKIP LOCKED
    ) free
    LIMIT ${limit}
  )`;

/** A run that has begun is the first of its key for good. */
export const take = (workerId: string, leaseMs: string, days: DayParameters): string => `taken AS (
    UPDATE ${days.runs} r SET status = 'running', lease_owner = ${workerId}, lease_until = now() + ${leaseMs} * interval '1 millisecond',
      fence = r.fence + 1, started_at = COALESCE(r.started_at, now()), reason_json = NULL, due_at = NULL, order_position = 0
    WHERE r.id = ANY(ARRAY(SELECT id FROM chosen)) AND ${days.within("r.id")}
    RETURNING r.id, r.workspace_id, r.automation_id, r.version_id, r.event_id, r.origin_run_id, r.fence, r.crash_count,
      r.queued_at, r.started_at, r.order_key, r.retry_of_run_id IS NOT NULL AS is_retry
  )`;
