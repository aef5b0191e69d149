import { lowestIdAt } from "@millrace/base";
import type pg from "pg";
import { type DroppedPartitions, dropPartitionsBefore } from "../partitions/drop-partitions.ts";
import { startOfDay } from "../partitions/partitioned-tables.ts";
import { inTransaction } from "../transaction.ts";
import { deleteDeliveriesBefore, deleteRunsBefore } from "./delete-history.ts";

const batch = 500;
/** An event is a moment older than its run, which may be the next day's. */
const eventsLaterMs = 3_600_000;

/**
 * Ends all days that lie before `before` as a whole: their partitions are dropped, and of a partition that stays, because
 * an unfinished run needs it or because it is the default one, everything is deleted that no run needs, until `signal` ends it.
 */
export async function pruneOldDays(
  pool: pg.Pool,
  before: Date,
  signal: AbortSignal,
): Promise<DroppedPartitions & { runsDeleted: number }> {
  const partitions = await dropPartitionsBefore(pool, before);
  // Where all were dropped, only the default partitions have such ids, and they hold next to nothing.
  const end = startOfDay(before);
  const { deleted } = await deleteRunsBefore(pool, undefined, lowestIdAt("run", end), signal);
  await deleteDeliveriesBefore(pool, undefined, lowestIdAt("delivery", end), signal);
  const ends = { events: lowestIdAt("event", new Date(end.getTime() - eventsLaterMs)), runs: lowestIdAt("run", end) };
  await deleteEventsBefore(pool, ends, signal);
  return { ...partitions, runsDeleted: deleted };
}

type Ends = { events: string; runs: string };

/** The events of runs that went with their partition, and whatever else no run refers to. */
async function deleteEventsBefore(pool: pg.Pool, ends: Ends, signal: AbortSignal): Promise<void> {
  let after = "";
  while (!signal.aborted) {
    const ids = await inTransaction(pool, (client) => deleteEventBatch(client, after, ends));
    after = ids.at(-1) ?? after;
    if (ids.length < batch) return;
  }
}

/** Only what a run refers to can be retried: an event that nothing refers to can't be needed a moment later. */
async function deleteEventBatch(client: pg.PoolClient, after: string, ends: Ends): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    "SELECT id FROM events WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED",
    [after, ends.events, batch],
  );
  const ids = rows.map(({ id }) => id);
  if (ids.length === 0) return ids;
  await client.query(
    `DELETE FROM events WHERE id = ANY($1::text[]) AND id BETWEEN $2 AND $3 AND id NOT IN (
       SELECT event_id FROM runs WHERE id < $4 UNION ALL
       SELECT event_id FROM runs WHERE retry_of_run_id IS NOT NULL AND event_id = ANY($1::text[]))`,
    [ids, ids[0], ids.at(-1), ends.runs],
  );
  return ids;
}
