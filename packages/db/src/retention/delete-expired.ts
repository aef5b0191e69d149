import type pg from "pg";

const batch = 10_000;

/** Forgets keys first seen before `before`: requests that repeat one of them start a new run. Returns how many. */
export const deleteDedupeKeysBefore = (pool: pg.Pool, before: Date): Promise<number> =>
  deleteInBatches(
    pool,
    "DELETE FROM dedupe_keys WHERE ctid = ANY(ARRAY(SELECT ctid FROM dedupe_keys WHERE created_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))",
    before,
  );

/** Removes values that expired before `before`; nobody can read them already. Returns how many. */
export const deleteExpiredKeyValues = (pool: pg.Pool, before: Date): Promise<number> =>
  deleteInBatches(
    pool,
    "DELETE FROM key_values WHERE ctid = ANY(ARRAY(SELECT ctid FROM key_values WHERE expires_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED))",
    before,
  );

/** In short transactions, so that nobody waits for long. */
async function deleteInBatches(pool: pg.Pool, statement: string, before: Date): Promise<number> {
  let deleted = 0;
  for (;;) {
    const { rowCount } = await pool.query(statement, [before.toISOString(), batch]);
    deleted += rowCount ?? 0;
    if ((rowCount ?? 0) < batch) return deleted;
  }
}
