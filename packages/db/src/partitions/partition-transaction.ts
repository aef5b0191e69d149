import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";

// Any fixed number that nothing else uses in our database.
const lockNumber = 44_002;
const defaultAttempts = 10;
const lockNotAvailable = "55P03";
const deadlockDetected = "40P01";

/**
 * One change of partitions at a time. It needs short exclusive locks: rather than make every query queue up behind it
 * while it waits for a long one to end, it gives up after half a second and tries again, `attempts` times in all. Then it
 * throws what `isLockedOut` knows.
 */
export async function changePartitions<T>(
  pool: pg.Pool,
  change: (client: pg.PoolClient) => Promise<T>,
  attempts = defaultAttempts,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      await client.query("SELECT pg_advisory_xact_lock($1)", [lockNumber]);
      await client.query("SET LOCAL lock_timeout = '500ms'");
      const result = await change(client);
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch(() => undefined);
      if (attempt === attempts || !isLockedOut(error)) throw error;
    } finally {
      client.release();
    }
    await delay(attempt * 100);
  }
}

/** Whether others held the tables for too long, as a backup does for hours. */
export function isLockedOut(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  return code === lockNotAvailable || code === deadlockDetected;
}
