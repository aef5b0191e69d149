import type pg from "pg";

/**
 * Runs `work` while no other process runs work of this name on the same database; the others wait. The lock ends with
 * its session, so a process that dies holds nobody up.
 */
export async function withAdvisoryLock<Result>(
  pool: pg.Pool,
  name: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  try {
    // `lock_timeout` is for rows; whoever starts second waits for the whole first start.
    await client.query("SET lock_timeout = 0");
    await client.query("SET statement_timeout = 0");
    await client.query("SELECT pg_advisory_lock(hashtextextended($1, 0))", [name]);
    return await work();
  } finally {
    client.release(true);
  }
}
