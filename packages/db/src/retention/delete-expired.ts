import type pg from "pg";

const batch = 10_000;

/** Forgets keys first seen before `before`: requests that repeat one of them start a new run. Returns how many. */
export const deleteDedupeKeysBefore = (pool: pg.Pool, before: Date, signal?: AbortSignal): Promise<number> =>
  deleteInBatches(pool, { table: "dedupe_keys", column: "created_at" }, before, signal);

/** Removes values that expired before `before`; nobody can read them already. Returns how many. */
export const deleteExpiredKeyValues = (pool: pg.Pool, before: Date, signal?: AbortSignal): Promise<number> =>
  deleteInBatches(pool, { table: "key_values", column: "expires_at" }, before, signal);

type Aging = { table: string; column: string };

/**
 * In short transactions, so that nobody waits for long, until `signal` ends it. Each begins where the last one ended: what is
 * deleted stays in the index until the vacuum comes, which a backup keeps away for hours.
 */
async function deleteInBatches(
  pool: pg.Pool,
  { table, column }: Aging,
  before: Date,
  signal: AbortSignal | undefined,
): Promise<number> {
  const statement = `WITH gone AS (DELETE FROM ${table} WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM ${table} WHERE ${column} >= $1 AND ${column} < $2 ORDER BY ${column} LIMIT $3 FOR UPDATE SKIP LOCKED))
      RETURNING ${column} AS time)
    SELECT count(*)::int AS count, max(time) AS last FROM gone`;
  let deleted = 0;
  let from = new Date(0);
  while (!signal?.aborted) {
    const values = [from.toISOString(), before.toISOString(), batch];
    const { rows } = await pool.query<{ count: number; last: Date | null }>(statement, values);
    const { count = 0, last = null } = rows[0] ?? {};
    deleted += count;
    if (count < batch) break;
    from = last ?? from;
  }
  return deleted;
}
