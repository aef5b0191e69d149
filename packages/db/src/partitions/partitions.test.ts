import { lowestIdAt } from "@millrace/base";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { beforeEach, expect, test } from "vitest";
import { createIntake } from "../runs/intake.ts";
import { createRunControl } from "../runs/run-control.ts";
import { sampleRequest } from "../runs/run-samples.fixture.ts";
import { dropPartitionsBefore } from "./drop-partitions.ts";
import { ensurePartitions } from "./ensure-partitions.ts";

let database: TestDatabase;
beforeEach(async () => {
  database = await openTestDatabase();
  return () => database.close();
});

const day = (text: string) => new Date(`${text}T00:00:00Z`);
const at = (text: string) => new Date(text);

async function insertEvent(time: Date, table = "events"): Promise<string> {
  const id = lowestIdAt("event", time);
  await database.pool.query(
    `INSERT INTO ${table} (id, workspace_id, method, query, headers_json, body, received_at) VALUES ($1, 'ws', 'POST', '', '[]', '', now())`,
    [id],
  );
  return id;
}

async function insertRun(time: Date, eventId: string, status: string): Promise<void> {
  await database.pool.query(
    `INSERT INTO runs (id, workspace_id, automation_id, version_id, event_id, trigger_type, origin_run_id, queued_at, status, finished_at)
     VALUES ($1, 'ws', 'a', 'v', $2, 'manual', $1, now(), $3, CASE WHEN $3 = 'succeeded' THEN now() END)`,
    [lowestIdAt("run", time), eventId, status],
  );
}

async function insertFailedRun(time: Date, eventId: string): Promise<string> {
  const id = lowestIdAt("run", time);
  await database.pool.query(
    `INSERT INTO runs (id, workspace_id, automation_id, version_id, event_id, trigger_type, origin_run_id, queued_at, status, failure_json, finished_at)
     VALUES ($1, 'ws', 'a', 'v', $2, 'manual', $1, now(), 'failed', '{}', now())`,
    [id, eventId],
  );
  return id;
}

const countWaiting = async (): Promise<number> =>
  (
    await database.pool.query<{ count: number }>(
      "SELECT count(*)::int AS count FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
  ).rows[0]?.count ?? 0;

const partitionOf = async (id: string) =>
  (await database.pool.query("SELECT tableoid::regclass::text AS name FROM events WHERE id = $1", [id])).rows[0]?.name;

test("makes yesterday, today and the days ahead for each table, once, whoever asks at the same time", async () => {
  const made = await Promise.all([1, 2, 3].map(() => ensurePartitions(database.pool, at("2031-05-10T13:00:00Z"), 3)));
  const days = ["09", "10", "11", "12", "13"];
  const expected = ["events", "deliveries", "runs", "step_records"].flatMap((table) =>
    days.map((name) => `${table}_2031_05_${name}`),
  );
  expect(made.flat().sort()).toEqual(expected.sort());
  expect(await ensurePartitions(database.pool, at("2031-05-10T23:59:59Z"), 3)).toEqual([]);
});

test("a row goes to its day, to the millisecond", async () => {
  await ensurePartitions(database.pool, day("2031-05-10"), 1);
  expect(await partitionOf(await insertEvent(at("2031-05-10T00:00:00.000Z")))).toBe("events_2031_05_10");
  expect(await partitionOf(await insertEvent(at("2031-05-09T23:59:59.999Z")))).toBe("events_2031_05_09");
  expect(await partitionOf(await insertEvent(at("2031-05-12T00:00:00.000Z")))).toBe("events_default");
});

test("rows that wait in the default partition move to their day, constraints and all", async () => {
  const early = await insertEvent(at("2031-05-10T08:00:00Z"));
  const beyond = await insertEvent(at("2031-06-20T08:00:00Z"));
  expect(await partitionOf(early)).toBe("events_default");
  await insertRun(at("2031-05-10T08:00:00Z"), early, "succeeded");
  await ensurePartitions(database.pool, day("2031-05-10"), 3);
  expect(await partitionOf(early)).toBe("events_2031_05_10");
  expect(await partitionOf(beyond)).toBe("events_default");
  await expect(
    database.pool.query("UPDATE runs SET status = 'queued', finished_at = NULL WHERE event_id = $1", [early]),
  ).rejects.toThrow("can never become");
  await expect(database.pool.query("UPDATE runs SET status = 'odd' WHERE event_id = $1", [early])).rejects.toThrow(
    /runs_status_check|can never become/,
  );
  await expect(insertEvent(at("2031-05-10T08:00:00Z"))).rejects.toThrow("duplicate key");
});

test("loses and refuses nothing that comes in while the partition of the day is made", async () => {
  const { rows } = await database.pool.query<{ name: string }>(
    "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent::regclass::text IN ('events', 'deliveries', 'runs') AND inhrelid::regclass::text !~ 'default'",
  );
  for (const { name } of rows) await database.pool.query(`DROP TABLE ${name}`);
  const intake = createIntake(database.hotPath);
  const runIds: string[] = [];
  let isOver = false;
  const senders = [1, 2, 3].map(async () => {
    while (!isOver) {
      runIds.push((await intake.accept(sampleRequest())).runId);
      await database.pool.query("SELECT count(*) FROM runs");
    }
  });
  await ensurePartitions(database.pool, new Date(), 1);
  isOver = true;
  await Promise.all(senders);
  expect((await database.pool.query("SELECT id FROM runs")).rows.map(({ id }) => id).sort()).toEqual(runIds.sort());
  for (const table of ["events", "deliveries", "runs"]) {
    expect((await database.pool.query(`SELECT 1 FROM ${table}_default`)).rowCount).toBe(0);
  }
});

test("drops the days before, and keeps those that an unfinished run needs", async () => {
  for (const name of ["2031-05-02", "2031-05-05", "2031-05-08"]) await ensurePartitions(database.pool, day(name), 1);
  const old = await insertEvent(at("2031-05-02T08:00:00Z"));
  await insertRun(at("2031-05-05T08:00:00Z"), old, "queued");
  await insertRun(at("2031-05-03T08:00:00Z"), await insertEvent(at("2031-05-03T08:00:00Z")), "succeeded");
  const { dropped, kept } = await dropPartitionsBefore(database.pool, at("2031-05-08T12:00:00Z"));
  expect(kept.sort()).toEqual(["events_2031_05_02", "runs_2031_05_05", "step_records_2031_05_05"]);
  expect(dropped).toContain("events_2031_05_07");
  expect(dropped).toContain("runs_2031_05_03");
  expect(dropped).not.toContain("events_2031_05_08");
  expect(await partitionOf(old)).toBe("events_2031_05_02");
  expect((await database.pool.query("SELECT to_regclass('events_2031_05_08') AS name")).rows[0].name).not.toBeNull();
});

test("a day that a retry refers to stays, though the retry was not committed when the drop began", async () => {
  // Whatever is dropped first waits for the retry; this day is the first.
  await ensurePartitions(database.pool, day("2021-05-03"), 0);
  const eventId = await insertEvent(at("2021-05-02T08:00:00Z"));
  const failed = await insertFailedRun(at("2021-05-09T09:00:00Z"), eventId);
  const blocker = await database.pool.connect();
  try {
    await blocker.query("BEGIN; LOCK TABLE step_records IN ACCESS EXCLUSIVE MODE");
    const retry = createRunControl(database.pool).retry("ws", failed);
    await expect.poll(countWaiting, { timeout: 10_000 }).toBe(1);
    const drop = dropPartitionsBefore(database.pool, at("2021-05-08T12:00:00Z"));
    await expect.poll(countWaiting, { timeout: 10_000, interval: 5 }).toBe(2);
    await blocker.query("COMMIT");
    await retry;
    expect((await drop).kept).toContain("events_2021_05_02");
    expect(await partitionOf(eventId)).toBe("events_2021_05_02");
  } finally {
    blocker.release();
  }
});
