import pg from "pg";
import { lockForDrop } from "./drop-lock.ts";
import { changePartitions } from "./partition-transaction.ts";
import { dayMs, dayOfPartition, type PartitionedTable, partitionedTables, partitionOf } from "./partitioned-tables.ts";

export type DroppedPartitions = {
  dropped: string[];
  /** Days that stay because a run that is not finished needs them. */
  kept: string[];
};

// Not IN: each of these words has a partial index, and only spelled out are all four of them used.
const unfinished = "(status = 'queued' OR status = 'running' OR status = 'waiting' OR status = 'needs_review')";

/** Drops every partition whose whole day lies before `before`, unless an unfinished run is in it or refers to it. */
export async function dropPartitionsBefore(pool: pg.Pool, before: Date): Promise<DroppedPartitions> {
  const result: DroppedPartitions = { dropped: [], kept: [] };
  for (const table of partitionedTables) {
    for (const { name, day } of await listPartitions(pool, table)) {
      if (day.getTime() + dayMs > before.getTime()) continue;
      const isDropped = await changePartitions(pool, async (client) => {
        await lockForDrop(client);
        if (await isNeeded(client, table, day)) return false;
        await client.query(`DROP TABLE IF EXISTS ${pg.escapeIdentifier(name)}`);
        return true;
      });
      (isDropped ? result.dropped : result.kept).push(name);
    }
  }
  return result;
}

async function listPartitions(pool: pg.Pool, table: PartitionedTable): Promise<{ name: string; day: Date }[]> {
  const { rows } = await pool.query<{ name: string }>(
    "SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = to_regclass($1) ORDER BY relname",
    [table.table],
  );
  return rows.flatMap(({ name }) => {
    const day = dayOfPartition(table, name);
    return day === undefined ? [] : [{ name, day }];
  });
}

/** A retry refers to the event and the delivery of its first run, which may be days older than itself. */
async function isNeeded(client: pg.PoolClient, table: PartitionedTable, day: Date): Promise<boolean> {
  const column = { events: "event_id", deliveries: "delivery_id", runs: "id", step_records: "id" }[table.table];
  const { lowest, beyond } = partitionOf(table, day);
  const { rows } = await client.query<{ needed: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM runs WHERE ${unfinished} AND ${column} >= $1 AND ${column} < $2) AS needed`,
    [lowest, beyond],
  );
  return rows[0]?.needed ?? false;
}
