import type pg from "pg";

/** Of all workspaces together. Counts end at `countedAtMost`. */
export type RunGauges = {
  queued: number;
  running: number;
  waiting: number;
  needsReview: number;
  oldestQueuedSeconds: number;
  /** How far behind the wait is that should have ended first; 0 where none is due. */
  oldestDueSeconds: number;
};

/** Beyond, the exact number changes nothing and counting costs. */
const countedAtMost = 10_000;

const countOf = (status: string): string =>
  `(SELECT count(*)::int FROM (SELECT 1 FROM runs WHERE status = '${status}' LIMIT ${countedAtMost}) counted)`;

/** Reads one index entry of each workspace that has queued runs: its first is its oldest, because ids sort by time. */
const gauges = `WITH RECURSIVE workspace AS (
    (SELECT workspace_id, queued_at FROM runs WHERE status = 'queued' ORDER BY workspace_id, id LIMIT 1)
    UNION ALL
    SELECT next.workspace_id, next.queued_at FROM workspace w CROSS JOIN LATERAL (
      SELECT r.workspace_id, r.queued_at FROM runs r WHERE r.status = 'queued' AND r.workspace_id > w.workspace_id
      ORDER BY r.workspace_id, r.id LIMIT 1
    ) next
  )
  SELECT ${countOf("queued")} AS queued, ${countOf("running")} AS running, ${countOf("waiting")} AS waiting,
    ${countOf("needs_review")} AS "needsReview",
    COALESCE(GREATEST(extract(epoch FROM now() - (SELECT min(queued_at) FROM workspace)), 0), 0)::float8 AS "oldestQueuedSeconds",
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
