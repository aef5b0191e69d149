import pg from "pg";
import { reachable } from "../database-unreachable.ts";
import { ensurePartitions } from "../partitions/ensure-partitions.ts";
import { isLockedOut } from "../partitions/partition-transaction.ts";
import { MigrationError } from "./migration-error.ts";
import { type Migration, migrationsDirectory, readMigrations } from "./migration-files.ts";
import { applyMigrations } from "./schema-engine.ts";

// Any fixed number that nothing else uses in our database.
const lockNumber = 44_001;
const daysAhead = 3;

type MigrateOptions = {
  directory?: string;
  now?: Date;
  /** Told why the coming days' partitions could not be made: others, a backup perhaps, hold the tables. */
  onPartitionsLate?: (error: unknown) => void;
};

/**
 * Brings the database to this release's schema and makes the coming days' partitions. Processes that come at once wait
 * for the first one. Returns what was applied. Throws MigrationError or DatabaseUnreachable.
 */
export async function migrate(
  databaseUrl: string,
  { directory = migrationsDirectory, now = new Date(), onPartitionsLate }: MigrateOptions = {},
): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(directory);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2, application_name: "millrace migrate" });
  pool.on("error", () => undefined);
  try {
    const client = await reachable(databaseUrl, () => pool.connect());
    try {
      await client.query("SELECT pg_advisory_lock($1)", [lockNumber]);
      const isCurrent = await isUpToDate(client, migrations);
      const applied = isCurrent ? [] : await applyMigrations(pool, migrations, directory);
      await makeDays(pool, now, onPartitionsLate);
      return { applied };
    } finally {
      // Ends the session, and the lock with it.
      client.release(true);
    }
  } finally {
    await pool.end();
  }
}

/** The default partition takes what has no day yet, and maintenance goes on trying: nobody's start waits for a backup. */
async function makeDays(pool: pg.Pool, now: Date, onLate: MigrateOptions["onPartitionsLate"]): Promise<void> {
  try {
    await ensurePartitions(pool, now, daysAhead, 1);
  } catch (error) {
    if (!isLockedOut(error)) throw error;
    onLate?.(error);
  }
}

/** Cheaper than waking the engine, which most starts don't need. */
async function isUpToDate(client: pg.PoolClient, migrations: readonly Migration[]): Promise<boolean> {
  const table = await client.query<{ found: boolean }>("SELECT to_regclass('_prisma_migrations') IS NOT NULL AS found");
  if (!table.rows[0]?.found) return false;
  const { rows } = await client.query<{ name: string; checksum: string }>(
    "SELECT migration_name AS name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL",
  );
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { name, checksum } of rows) {
    const migration = known.get(name);
    if (migration === undefined) {
      throw new MigrationError(
        `The database has the migration ${name}, which this release doesn't know: a newer release has used it. Start that release or a later one.`,
      );
    }
    if (migration.checksum !== checksum) {
      throw new MigrationError(
        `The migration ${name} was changed after it was applied to this database. Restore the file; changes go into a new migration.`,
      );
    }
  }
  return rows.length === migrations.length;
}
