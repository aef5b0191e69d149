import type pg from "pg";
import { inTransaction } from "../transaction.ts";

export type Owner = { workspaceId: string; automationId: string };

/** Short transactions, so that nobody waits for one and the vacuum can follow. */
const batch = 500;

/** A condition whose parameters start at `first`. */
const ownedBy = (owner: Owner | undefined, first: number): { condition: string; values: string[] } =>
  owner === undefined
    ? { condition: "", values: [] }
    : {
        condition: `AND workspace_id = $${first} AND automation_id = $${first + 1}`,
        values: [owner.workspaceId, owner.automationId],
      };

type DoomedRun = { id: string; event_id: string; origin_run_id: string };

/**
 * Deletes runs that ended, with their records and events, the oldest first, until `signal` ends it. Returns how many, and
 * whether none is left. Without `owner`: everybody's.
 */
export async function deleteRunsBefore(
  pool: pg.Pool,
  owner: Owner | undefined,
  before: string,
  signal: AbortSignal,
): Promise<{ deleted: number; isOver: boolean }> {
  let deleted = 0;
  let after = "";
  while (!signal.aborted) {
    const runs = await inTransaction(pool, (client) => deleteRunBatch(client, owner, after, before));
    deleted += runs.length;
    if (runs.length < batch) return { deleted, isOver: true };
    after = runs.at(-1)?.id ?? after;
  }
  return { deleted, isOver: false };
}

async function deleteRunBatch(
  client: pg.PoolClient,
  owner: Owner | undefined,
  after: string,
  before: string,
): Promise<DoomedRun[]> {
  const owned = ownedBy(owner, 4);
  const { rows: runs } = await client.query<DoomedRun>(
    `SELECT id, event_id, origin_run_id FROM runs WHERE id > $1 AND id < $2 ${owned.condition}
       AND status IN ('succeeded', 'failed', 'canceled') ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED`,
    [after, before, batch, ...owned.values],
  );
  if (runs.length === 0) return runs;
  const ids = runs.map(({ id }) => id);
  const eventIds = await unneededEvents(client, runs);
  const within = [ids[0], ids.at(-1)];
  await client.query("DELETE FROM step_records WHERE run_id = ANY($1::text[]) AND run_id BETWEEN $2 AND $3", [
    ids,
    ...within,
  ]);
  await client.query("DELETE FROM runs WHERE id = ANY($1::text[]) AND id BETWEEN $2 AND $3", [ids, ...within]);
  await deleteEvents(client, eventIds);
  return runs;
}

/** Retries share the event of the first run, and any of them may outlast it. */
async function unneededEvents(client: pg.PoolClient, runs: readonly DoomedRun[]): Promise<string[]> {
  const eventIds = [...new Set(runs.map(({ event_id }) => event_id))];
  const { rows } = await client.query<{ event_id: string }>(
    `SELECT event_id FROM runs WHERE event_id = ANY($1::text[]) AND retry_of_run_id IS NOT NULL AND id <> ALL($2::text[])
     UNION ALL
     SELECT event_id FROM runs WHERE id = ANY($3::text[]) AND id <> ALL($2::text[])`,
    [eventIds, runs.map(({ id }) => id), originsOf(runs)],
  );
  const needed = new Set(rows.map(({ event_id }) => event_id));
  return eventIds.filter((id) => !needed.has(id));
}

const originsOf = (runs: readonly DoomedRun[]): string[] =>
  runs.flatMap(({ id, origin_run_id }) => (origin_run_id === id ? [] : [origin_run_id]));

async function deleteEvents(client: pg.PoolClient, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const sorted = [...ids].sort();
  await client.query("DELETE FROM events WHERE id = ANY($1::text[]) AND id BETWEEN $2 AND $3", [
    sorted,
    sorted[0],
    sorted.at(-1),
  ]);
}

/** Deletes deliveries whose run is gone or never was, with the requests that started none. Returns whether none is left. */
export async function deleteDeliveriesBefore(
  pool: pg.Pool,
  owner: Owner | undefined,
  before: string,
  signal: AbortSignal,
): Promise<boolean> {
  let after = "";
  while (!signal.aborted) {
    const ids = await inTransaction(pool, (client) => deleteDeliveryBatch(client, owner, after, before));
    if (ids.length < batch) return true;
    after = ids.at(-1) ?? after;
  }
  return false;
}

async function deleteDeliveryBatch(
  client: pg.PoolClient,
  owner: Owner | undefined,
  after: string,
  before: string,
): Promise<string[]> {
  const owned = ownedBy(owner, 4);
  const { rows } = await client.query<{ id: string; event_id: string | null; verdict: string }>(
    `WITH doomed AS MATERIALIZED (
       SELECT d.id FROM deliveries d WHERE d.id > $1 AND d.id < $2 ${owned.condition}
         AND NOT (d.verdict = 'accepted' AND EXISTS (SELECT 1 FROM runs r WHERE r.id = d.run_id))
       ORDER BY d.id LIMIT $3 FOR UPDATE OF d SKIP LOCKED
     )
     DELETE FROM deliveries d USING doomed WHERE d.id = doomed.id AND d.id > $1 AND d.id < $2
     RETURNING d.id, d.event_id, d.verdict`,
    [after, before, batch, ...owned.values],
  );
  // The event of an accepted one is its run's, and went with it.
  await deleteEvents(
    client,
    rows.flatMap(({ event_id, verdict }) => (event_id === null || verdict === "accepted" ? [] : [event_id])),
  );
  return rows.map(({ id }) => id).sort();
}
