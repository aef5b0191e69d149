import pg from "pg";
import { changePartitions } from "./partition-transaction.ts";
import { partitionedTables } from "./partitioned-tables.ts";

type MissingIndex = { index: string; definition: string; table: string; partition: string };

/** The end of older transactions is waited for, and a backup's is hours away: the next call tries again. */
const waitMs = 10 * 60_000;
/** `pg` has no word for "no limit" where its pool has one; this is 24 days. */
const noLimitMs = 2 ** 31 - 1;

/**
 * Builds the days' parts of indexes that a migration made `ON ONLY` a partitioned table, the latest day first. A migration
 * is one transaction, so building them there would keep all writes waiting; this waits for writes instead. Returns the
 * names of those built, of which there are none but after an upgrade. Goes on where an earlier call was cut off.
 */
export async function completeIndexes(pool: pg.Pool): Promise<string[]> {
  const built: string[] = [];
  for (const missing of await listMissing(pool)) {
    const name = `${missing.partition}${missing.index.slice(missing.table.length)}`;
    await build(pool, missing, name);
    await changePartitions(pool, (client) =>
      client.query(`ALTER INDEX ${pg.escapeIdentifier(missing.index)} ATTACH PARTITION ${pg.escapeIdentifier(name)}`),
    );
    built.push(name);
  }
  return built;
}

async function listMissing(pool: pg.Pool): Promise<MissingIndex[]> {
  const { rows } = await pool.query<MissingIndex>(
    `SELECT announced.relname AS index, pg_get_indexdef(announced.oid) AS definition, whole.relname AS table, part.relname AS partition
     FROM pg_index i JOIN pg_class announced ON announced.oid = i.indexrelid AND announced.relkind = 'I'
       JOIN pg_class whole ON whole.oid = i.indrelid
       JOIN pg_inherits h ON h.inhparent = i.indrelid JOIN pg_class part ON part.oid = h.inhrelid
     WHERE i.indrelid = ANY($1::regclass[]) AND NOT i.indisvalid AND NOT EXISTS (
       SELECT 1 FROM pg_inherits hi JOIN pg_index p ON p.indexrelid = hi.inhrelid
       WHERE hi.inhparent = i.indexrelid AND p.indrelid = part.oid)
     ORDER BY part.relname DESC, announced.relname`,
    [partitionedTables.map(({ table }) => table)],
  );
  return rows;
}

async function build(pool: pg.Pool, { definition, partition }: MissingIndex, name: string): Promise<void> {
  const client = await pool.connect();
  const run = (text: string) => {
    const query: pg.QueryConfig & { query_timeout: number } = { text, query_timeout: noLimitMs };
    return client.query(query);
  };
  try {
    await client.query("SET statement_timeout = 0");
    await client.query(`SET lock_timeout = ${waitMs}`);
    const found = await client.query<{ valid: boolean }>(
      "SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)",
      [name],
    );
    if (found.rows[0]?.valid) return;
    // Left by one that was cut off.
    if (found.rows[0]) await run(`DROP INDEX CONCURRENTLY ${pg.escapeIdentifier(name)}`);
    const columns = definition.slice(definition.indexOf(" USING "));
    await run(`CREATE INDEX CONCURRENTLY ${pg.escapeIdentifier(name)} ON ${pg.escapeIdentifier(partition)}${columns}`);
  } finally {
    // The settings were this session's.
    client.release(true);
  }
}
