import type pg from "pg";
import { inTransaction } from "../transaction.ts";

export type Owner = { workspaceId: string; automationId: string };

/** Short transactions, so that nobody waits for one and the vacuum can follow. */
const batch = 500;
/** What is left after as many is the next call's. */
const maxBatches = 400;

type DoomedRun = { id: string; event_id: string };

/** Deletes runs that ended, with their records and events, the oldest first. Returns how many. */
export async function deleteRunsBefore(pool: pg.Pool, owner: Owner, before: string): Promise<number> {
  let deleted = 0;
  let after = "";
  for (let round = 0; round < maxBatches; round++) {
    const runs = await inTransaction(pool, (client) => deleteRunBatch(client, owner, after, before));
    deleted += runs.length;
    after = runs.at(-1)?.id ?? after;
    if (runs.length < batch) break;
  }
  return deleted;
}

async function deleteRunBatch(
  client: pg.PoolClient,
  { workspaceId, automationId }: Owner,
  after: string,
  before: string,
): Promise<DoomedRun[]> {
  const { rows: runs } = await client.query<DoomedRun>(
    `SELECT id, event_id FROM runs WHERE workspace_id = $1 AND automation_id = $2 AND id > $3 AND id < $4
       AND status IN ('succeeded', 'failed', 'canceled') ORDER BY id LIMIT $5 FOR UPDATE SKIP LOCKED`,
    [workspaceId, automationId, after, before, batch],
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

/** A retry that stays needs the event of the run that it repeats. */
async function unneededEvents(client: pg.PoolClient, runs: readonly DoomedRun[]): Promise<string[]> {
  const { rows } = await client.query<{ event_id: string }>(
    `SELECT d.event_id FROM unnest($1::text[], $2::text[]) AS d(id, event_id)
     JOIN runs retry ON retry.retry_of_run_id = d.id WHERE NOT retry.id = ANY($1::text[])`,
    [runs.map(({ id }) => id), runs.map(({ event_id }) => event_id)],
  );
  const needed = new Set(rows.map(({ event_id }) => event_id));
  return [...new Set(runs.map(({ event_id }) => event_id))].filter((id) => !needed.has(id));
}

async function deleteEvents(client: pg.PoolClient, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const sorted = [...ids].sort();
  await client.query("DELETE FROM events WHERE id = ANY($1::text[]) AND id BETWEEN $2 AND $3", [
    sorted,
    sorted[0],
    sorted.at(-1),
  ]);
}

/** Deletes deliveries whose run is gone or never was, with the requests that started none. */
export async function deleteDeliveriesBefore(pool: pg.Pool, owner: Owner, before: string): Promise<void> {
  for (let round = 0; round < maxBatches; round++) {
    const isMore = await inTransaction(pool, (client) => deleteDeliveryBatch(client, owner, before));
    if (!isMore) break;
  }
}

async function deleteDeliveryBatch(
  client: pg.PoolClient,
  { workspaceId, automationId }: Owner,
  before: string,
): Promise<boolean> {
  const { rows } = await client.query<{ event_id: string | null; verdict: string }>(
    `WITH doomed AS MATERIALIZED (
       SELECT d.id FROM deliveries d WHERE d.workspace_id = $1 AND d.automation_id = $2 AND d.id < $3
         AND NOT (d.verdict = 'accepted' AND EXISTS (SELECT 1 FROM runs r WHERE r.id = d.run_id))
       ORDER BY d.id LIMIT $4 FOR UPDATE OF d SKIP LOCKED
     )
     DELETE FROM deliveries d USING doomed WHERE d.id = doomed.id AND d.id < $3 RETURNING d.event_id, d.verdict`,
    [workspaceId, automationId, before, batch],
  );
  // The event of an accepted one is its run's, and went with it.
  await deleteEvents(
    client,
    rows.flatMap(({ event_id, verdict }) => (event_id === null || verdict === "accepted" ? [] : [event_id])),
  );
  return rows.length === batch;
}
