import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { beforeEach, expect, test, vi } from "vitest";
import { createIntake } from "../runs/intake.ts";
import { sampleRequest } from "../runs/run-samples.fixture.ts";
import { completeIndexes } from "./complete-indexes.ts";
import { ensurePartitions } from "./ensure-partitions.ts";
import { partitionedTables, partitionOf } from "./partitioned-tables.ts";

const [, , runs] = partitionedTables;
const today = partitionOf(runs, new Date()).name;

let database: TestDatabase;
beforeEach(async () => {
  database = await openTestDatabase();
  await database.pool.query("CREATE INDEX runs_sample_idx ON ONLY runs (version_id) WHERE status = 'failed'");
  return () => database.close();
});

async function isValid(index: string): Promise<boolean | undefined> {
  const { rows } = await database.pool.query<{ valid: boolean }>(
    "SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)",
    [index],
  );
  return rows[0]?.valid;
}

test("an index that is only announced is built for every day, once, and days to come have it", async () => {
  const { rows } = await database.pool.query("SELECT 1 FROM pg_inherits WHERE inhparent = 'runs'::regclass");
  expect(await isValid("runs_sample_idx")).toBe(false);
  const built = await completeIndexes(database.pool);
  expect(built).toHaveLength(rows.length);
  expect(built).toContain(`${today}_sample_idx`);
  expect(await isValid("runs_sample_idx")).toBe(true);
  expect(await completeIndexes(database.pool)).toEqual([]);
  await ensurePartitions(database.pool, new Date("2131-05-10T13:00:00Z"), 0);
  const { rows: later } = await database.pool.query(
    "SELECT indexdef FROM pg_indexes WHERE tablename = 'runs_2131_05_10' AND indexdef LIKE '%(version_id) WHERE%'",
  );
  expect(later).toHaveLength(1);
  expect(await isValid("runs_sample_idx")).toBe(true);
});

test("goes on after one that was cut off", async () => {
  await database.pool.query(`CREATE INDEX ${today}_sample_idx ON ${today} (version_id) WHERE status = 'failed'`);
  await database.pool.query("UPDATE pg_index SET indisvalid = false WHERE indexrelid = $1::regclass", [
    `${today}_sample_idx`,
  ]);
  await completeIndexes(database.pool);
  expect([await isValid(`${today}_sample_idx`), await isValid("runs_sample_idx")]).toEqual([true, true]);
});

test("runs are stored while it waits for one who has written before", async () => {
  const intake = createIntake(database.hotPath);
  await intake.accept(sampleRequest());
  const writer = await database.pool.connect();
  await writer.query("BEGIN");
  await writer.query(`UPDATE ${today} SET due_at = NULL`);
  const building = completeIndexes(database.pool);
  await vi.waitFor(async () => {
    const { rowCount } = await database.pool.query(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'CREATE INDEX%' AND wait_event_type = 'Lock'",
    );
    expect(rowCount).toBe(1);
  }, 30_000);
  await intake.accept(sampleRequest());
  await writer.query("COMMIT");
  writer.release();
  expect(await building).toContain(`${today}_sample_idx`);
});
