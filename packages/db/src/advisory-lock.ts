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

export type AdvisoryLock = {
  /** False once its session was cut: then another process may have it. */
  isHeld(): boolean;
  release(): void;
};

/** The lock of this name, which keeps a session of the pool until it is released; undefined while another process has it. */
export async function tryAdvisoryLock(pool: pg.Pool, name: string): Promise<AdvisoryLock | undefined> {
  const client = await pool.connect();
  let isHeld = false;
  // A session that is cut says so more than once, and an error that nobody hears ends the process.
  for (const event of ["error", "end"] as const)
    client.on(event, () => {
      isHeld = false;
    });
  try {
    const { rows } = await client.query<{ held: boolean }>(
      "SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS held",
      [name],
    );
    isHeld = rows[0]?.held ?? false;
  } finally {
    if (!isHeld) client.release(true);
  }
  return isHeld ? { isHeld: () => isHeld, release: () => client.release(true) } : undefined;
}
