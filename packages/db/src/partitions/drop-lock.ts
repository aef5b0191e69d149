import type pg from "pg";

// Any fixed number that nothing else uses in our database.
const lockNumber = 44_004;

/**
 * Until the transaction ends, no partition is dropped. For whoever makes a run that refers to what is there already: a look
 * at the runs before a drop does not see one that is not committed yet.
 */
export async function keepPartitions(client: pg.PoolClient): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock_shared($1)", [lockNumber]);
}

/** Waits for those that keep partitions, and until the transaction ends, new ones wait. */
export async function lockForDrop(client: pg.PoolClient): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock($1)", [lockNumber]);
}
