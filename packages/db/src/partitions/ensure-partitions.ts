import pg from "pg";
import { changePartitions } from "./partition-transaction.ts";
import {
  type Day,
  dayMs,
  type PartitionedTable,
  partitionedTables,
  partitionOf,
  startOfDay,
} from "./partitioned-tables.ts";

/**
 * Makes the partitions of yesterday, today and `daysAhead` days more, where they are missing. Rows of such a day that
 * already sit in the default partition move over. Safe in many processes at once. Returns the names of those made; throws
 * where the tables stay locked over `attempts`.
 */
export async function ensurePartitions(
  pool: pg.Pool,
  now: Date,
  daysAhead: number,
  attempts?: number,
): Promise<string[]> {
  const made: string[] = [];
  for (const table of partitionedTables) {
    for (let offset = -1; offset <= daysAhead; offset++) {
      const day = partitionOf(table, new Date(startOfDay(now).getTime() + offset * dayMs));
      if (await exists(pool, table, day)) continue;
      const isMade = await changePartitions(pool, (client) => makePartition(client, table, day), attempts);
      if (isMade) made.push(day.name);
    }
  }
  return made;
}

async function makePartition(client: pg.PoolClient, table: PartitionedTable, day: Day): Promise<boolean> {
  if (await exists(client, table, day)) return false;
  const parent = pg.escapeIdentifier(table.table);
  const partition = pg.escapeIdentifier(day.name);
  const rest = pg.escapeIdentifier(`${table.table}_default`);
  const column = pg.escapeIdentifier(table.idColumn);
  // Attaching locks the parent less than CREATE TABLE … PARTITION OF, and lets rows move in first.
  await client.query(
    `CREATE TABLE ${partition} (LIKE ${parent} INCLUDING ALL) WITH (fillfactor = ${table.fillfactor})`,
  );
  await client.query(`LOCK TABLE ${rest} IN ACCESS EXCLUSIVE MODE`);
  await client.query(
    `WITH moved AS (DELETE FROM ${rest} WHERE ${column} >= $1 AND ${column} < $2 RETURNING *) INSERT INTO ${partition} SELECT * FROM moved`,
    [day.lowest, day.beyond],
  );
  // Utility statements take no parameters.
  const bounds = `FROM (${pg.escapeLiteral(day.lowest)}) TO (${pg.escapeLiteral(day.beyond)})`;
  await client.query(`ALTER TABLE ${parent} ATTACH PARTITION ${partition} FOR VALUES ${bounds}`);
  return true;
}

/** Asks the catalog's table: `to_regclass` may answer from a session's cache, which a wait for a lock doesn't refresh. */
async function exists(
  queryable: pg.Pool | pg.PoolClient,
  { table }: PartitionedTable,
  { name }: Day,
): Promise<boolean> {
  const { rowCount } = await queryable.query(
    "SELECT 1 FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = $1::regclass AND relname = $2",
    [table, name],
  );
  return rowCount === 1;
}
