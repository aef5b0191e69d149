import type pg from "pg";

/** Of all workspaces together. Counts end at `countedAtMost`. */
export type RunGauges = {
  queued: number;
  running: number;
  waiting: number;
  needsReview: number;
  /** Since it was queued for the last time. Of the first thousand groups, where there are more than that. */
  oldestQueuedSeconds: number;
  /** How far behind the wait is that should have ended first; 0 where none is due. */
  oldestDueSeconds: number;
};

/** Beyond, the exact number changes nothing and counting costs. */
const countedAtMost = 10_000;

const countOf = (status: string): string =>
  `(SELECT count(*)::int FROM (SELECT 1 FROM runs WHERE status = '${status}' LIMIT ${countedAtMost}) counted)`;

/** Groups of queued runs (workspace, automation, order key) that are looked at. */
const groupsAtMost = 1_000;

const firstOf = (from: string): string => `SELECT r.workspace_id, r.automation_id, r.order_key,
      COALESCE(((r.reason_json)::json->>'at')::timestamptz, r.queued_at) AS since FROM runs r
    WHERE r.status = 'queued' AND ${from}
    ORDER BY r.workspace_id, r.automation_id, r.order_key, r.order_position, r.id LIMIT 1`;

/** Reads one index entry of each group of queued runs: its first is its oldest. */
const gauges = `WITH RECURSIVE first AS (
    (${firstOf("true")})
    UNION ALL
    SELECT next.* FROM first f CROSS JOIN LATERAL (
      ${firstOf("(r.workspace_id, r.automation_id, r.order_key) > (f.workspace_id, f.automation_id, f.order_key)")}
    ) next
  )
  SELECT ${countOf("queued")} AS queued, ${countOf("running")} AS running, ${countOf("waiting")} AS waiting,
    ${countOf("needs_review")} AS "needsReview",
    COALESCE(GREATEST(extract(epoch FROM now() - (SELECT min(since) FROM (SELECT since FROM first LIMIT ${groupsAtMost}) oldest)), 0), 0)::float8 AS "oldestQueuedSeconds",
    COALESCE(GREATEST(extract(epoch FROM now() -
      (SELECT due_at FROM runs WHERE status = 'waiting' ORDER BY due_at LIMIT 1)), 0), 0)::float8 AS "oldestDueSeconds"`;

/** What is under way, for metrics; each is read through an index that holds unfinished runs only. */
export function createRunGauges(pool: pg.Pool): { read(): Promise<RunGauges> } {
  return {
    async read() {
      const { rows } = await pool.query<RunGauges>(gauges);
      const [row] = rows;
      if (row === undefined) throw new Error("PostgreSQL gave no row for the gauges.");
      return row;
    },
  };
}
