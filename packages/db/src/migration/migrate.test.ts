import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmptyDatabase, type TestDatabase } from "@millrace/testing";
import { beforeEach, expect, test } from "vitest";
import { DatabaseUnreachable } from "../database-unreachable.ts";
import { createIntake } from "../runs/intake.ts";
import { sampleRequest } from "../runs/run-samples.fixture.ts";
import { migrate } from "./migrate.ts";

let database: TestDatabase;
let directory: string;
beforeEach(async () => {
  database = await openEmptyDatabase();
  directory = await mkdtemp(join(tmpdir(), "millrace-migrations-"));
  return async () => {
    await database.close();
    await rm(directory, { recursive: true });
  };
});

async function write(name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name), { recursive: true });
  await writeFile(join(directory, name, "migration.sql"), sql);
}

const tableOf = async (name: string) =>
  (await database.pool.query("SELECT to_regclass($1)::text AS name", [name])).rows[0].name;
const foundation = ["events", "deliveries", "runs", "step_records"]
  .map(
    (name) =>
      `CREATE TABLE ${name} (id text, run_id text) PARTITION BY RANGE (${name === "step_records" ? "run_id" : "id"}); CREATE TABLE ${name}_default PARTITION OF ${name} DEFAULT;`,
  )
  .join("\n");

test("five processes at once migrate once, and all end with the schema", async () => {
  const outcomes = await Promise.all(Array.from({ length: 5 }, () => migrate(database.url)));
  const names = (await readdir(new URL("../../../../prisma/migrations", import.meta.url)))
    .filter((name) => /^\d{4}_/.test(name))
    .sort();
  expect(outcomes.flatMap(({ applied }) => applied)).toEqual(names);
  const { rows } = await database.pool.query(
    "SELECT migration_name, finished_at FROM _prisma_migrations ORDER BY migration_name",
  );
  expect(rows).toEqual(names.map((name) => ({ migration_name: name, finished_at: expect.any(Date) })));
  expect(await migrate(database.url)).toEqual({ applied: [] });
});

test("applies what is new, function bodies with semicolons included", async () => {
  await write("0001_first", foundation);
  await migrate(database.url, { directory });
  await write(
    "0002_second",
    "CREATE FUNCTION two() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 2; END $$;",
  );
  expect(await migrate(database.url, { directory })).toEqual({ applied: ["0002_second"] });
  expect((await database.pool.query("SELECT two()")).rows).toEqual([{ two: 2 }]);
});

test("a migration that fails leaves nothing behind, says why, and succeeds once it is mended", async () => {
  await write("0001_first", foundation);
  await write("0002_second", "CREATE TABLE half (id int);\nCREATE TABLE half (id int);");
  await expect(migrate(database.url, { directory })).rejects.toThrow(
    'The migration 0002_second failed and was rolled back: relation "half" already exists',
  );
  expect(await tableOf("half")).toBeNull();
  await write("0002_second", "CREATE TABLE half (id int);");
  expect(await migrate(database.url, { directory })).toEqual({ applied: ["0002_second"] });
  expect(await tableOf("half")).toBe("half");
});

test("goes on after a process that was killed in the middle of a migration", async () => {
  await write("0001_first", foundation);
  await migrate(database.url, { directory });
  await write("0002_second", "CREATE TABLE whole (id int);");
  await database.pool.query(
    "INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, applied_steps_count) VALUES ('x', 'y', '0002_second', now(), 0)",
  );
  expect(await migrate(database.url, { directory })).toEqual({ applied: ["0002_second"] });
  expect(await tableOf("whole")).toBe("whole");
});

test("refuses a database of a newer release, a changed migration and a name out of order", async () => {
  await write("0001_first", foundation);
  await write("0002_second", "CREATE TABLE two (id int);");
  await migrate(database.url, { directory });
  await write("0002_second", "CREATE TABLE two (id bigint);");
  await expect(migrate(database.url, { directory })).rejects.toThrow("0002_second was changed after it was applied");
  await rm(join(directory, "0002_second"), { recursive: true });
  await expect(migrate(database.url, { directory })).rejects.toThrow("a newer release has used it");
  await write("second", "");
  await expect(migrate(database.url, { directory })).rejects.toThrow("a migration is named like");
});

test("starts while a backup holds the tables, says so, and stores what comes in the meantime", async () => {
  await migrate(database.url);
  const backup = await database.pool.connect();
  await backup.query("BEGIN");
  await backup.query("LOCK TABLE events, deliveries, runs, step_records IN ACCESS SHARE MODE");
  const later = { now: new Date("2131-05-10T13:00:00Z") };
  const told: unknown[] = [];
  expect(await migrate(database.url, { ...later, onPartitionsLate: (error) => told.push(error) })).toEqual({
    applied: [],
  });
  expect(told).toEqual([expect.objectContaining({ code: "55P03" })]);
  await createIntake(database.hotPath).accept(sampleRequest());
  await backup.query("ROLLBACK");
  backup.release();
  await migrate(database.url, { ...later, onPartitionsLate: (error) => told.push(error) });
  expect(told).toHaveLength(1);
  expect(await tableOf("step_records_2131_05_13")).toBe("step_records_2131_05_13");
});

test("names the address of a database that can't be reached, and never the password", async () => {
  const url = "postgresql://ada:s3cret@127.0.0.1:1/nowhere";
  const error = await migrate(url).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DatabaseUnreachable);
  expect((error as Error).message).toContain("127.0.0.1:1/nowhere can't be reached (nothing listens there)");
  expect((error as Error).message).not.toContain("s3cret");
});
