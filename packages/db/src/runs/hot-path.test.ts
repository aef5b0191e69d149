import { lowestIdAt, newId } from "@millrace/base";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { dropPartitionsBefore } from "../partitions/drop-partitions.ts";
import { dayMs, startOfDay } from "../partitions/partitioned-tables.ts";
import { createHotPath } from "./hot-path.ts";
import { createIntake } from "./intake.ts";
import { createJournal } from "./journal.ts";
import { commitOf, sampleRecord, sampleRequest, saveAutomation } from "./run-samples.fixture.ts";
import { createRunStore } from "./run-store.ts";

let database: TestDatabase;
beforeEach(async () => {
  database = await openTestDatabase();
});
afterEach(async () => {
  vi.useRealTimers();
  await database.close();
});

const today = startOfDay(new Date());
const inDays = (days: number) => new Date(today.getTime() + days * dayMs);
const suffix = (day: Date) => day.toISOString().slice(0, 10).replaceAll("-", "_");

test("rows of one day go to that day's tables, all others to the whole ones", async () => {
  const { hotPath } = database;
  const own = (days: number) => ({ runs: `runs_${suffix(inDays(days))}`, events: `events_${suffix(inDays(days))}` });
  const run = (days: number, afterMs = 0) => lowestIdAt("run", new Date(inDays(days).getTime() + afterMs));
  const tablesOf = async (ids: Parameters<typeof hotPath.laneOf>[0]) => (await hotPath.laneOf(ids)).tables;

  expect(await tablesOf({ run: [newId("run")], event: [newId("event")] })).toMatchObject(own(0));
  expect(await tablesOf({ run: [run(1), run(1, dayMs - 1)] })).toMatchObject(own(1));
  expect(await tablesOf({ run: [run(0), run(1)] })).toEqual(hotPath.anyDay.tables);
  expect(await tablesOf({ run: [run(0)], event: [lowestIdAt("event", inDays(1))] })).toEqual(hotPath.anyDay.tables);
  expect(await tablesOf({ run: [run(-2)] })).toEqual(hotPath.anyDay.tables);
  expect(await tablesOf({ run: ["no id at all"] })).toEqual(hotPath.anyDay.tables);
});

test("limits and orders are counted over every day that is asked for, by the names of its tables", async () => {
  const { hotPath } = database;
  const run = (days: number) => lowestIdAt("run", inDays(days));
  const countedOf = async (ids: string[], from: number, until: number) => {
    const { tables } = await hotPath.countingLaneOf(ids, { lowest: run(from), beyond: run(until) });
    return [tables.runs, [...tables.counted.matchAll(/runs\w*/g)].map(([name]) => name)];
  };
  const named = (...days: number[]) => days.map((day) => `runs_${suffix(inDays(day))}`);

  expect(await countedOf([newId("run")], -1, 2)).toEqual([`runs_${suffix(inDays(0))}`, named(-1, 0, 1)]);
  expect(await countedOf([run(1)], 0, 2)).toEqual([`runs_${suffix(inDays(1))}`, named(0, 1)]);
  expect(await countedOf([run(0), run(1)], 0, 2)).toEqual(["runs", ["runs"]]);
  expect(await countedOf(["no id at all"], -1, 2)).toEqual(["runs", ["runs"]]);
  expect(await countedOf([newId("run")], -2, 2)).toEqual(["runs", ["runs"]]);
});

test("what runs since a day of which a part was dropped still counts", async () => {
  const parts = { workspaceId: newId("workspace"), automationId: newId("automation") };
  await saveAutomation(database.pool, { ...parts, concurrency: 1 });
  const intake = createIntake(database.hotPath);
  const old = (await intake.accept(sampleRequest(parts))).runId;
  await database.pool.query(
    "UPDATE runs SET id = $2, status = 'running', lease_owner = 'w', lease_until = now() + interval '1 hour' WHERE id = $1",
    [old, lowestIdAt("run", inDays(-1))],
  );
  await database.pool.query(`DROP TABLE events_${suffix(inDays(-1))}`);
  const { runId } = await intake.accept(sampleRequest(parts));
  const store = createRunStore(createHotPath({ anyDay: database.pool, ofDay: database.pool }));
  const claim = () => store.claim({ workerId: "w", leaseMs: 60_000, limit: 5, runIds: [runId] });
  expect(await claim()).toEqual([]);
  await database.pool.query(
    "UPDATE runs SET status = 'succeeded', finished_at = now(), lease_owner = NULL, lease_until = NULL WHERE status = 'running'",
  );
  expect(await claim()).toHaveLength(1);
});

test("a day whose partitions were dropped has no tables of its own any more", async () => {
  const yesterday = { run: [lowestIdAt("run", inDays(-1))] };
  const pools = { anyDay: database.pool, ofDay: database.pool };
  expect((await createHotPath(pools).laneOf(yesterday)).tables.runs).toBe(`runs_${suffix(inDays(-1))}`);
  await dropPartitionsBefore(database.pool, inDays(0));
  expect((await createHotPath(pools).laneOf(yesterday)).tables.runs).toBe("runs");
});

test("what arrives together on both sides of midnight is stored, claimed and recorded as ever", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: inDays(1).getTime() - 1 });
  const intake = createIntake(database.hotPath);
  const before = intake.accept(sampleRequest());
  vi.setSystemTime(inDays(1));
  const runIds = (await Promise.all([before, intake.accept(sampleRequest())])).map(({ runId }) => runId);
  const tables = async (id: string) =>
    (await database.pool.query("SELECT tableoid::regclass::text AS name FROM runs WHERE id = $1", [id])).rows[0].name;
  expect(await Promise.all(runIds.map(tables))).toEqual([`runs_${suffix(inDays(0))}`, `runs_${suffix(inDays(1))}`]);

  const runs = await createRunStore(database.hotPath).claim({ workerId: "w", leaseMs: 60_000, limit: 5, runIds });
  expect(runs.map(({ id, event }) => [id, event.body.toString()])).toEqual(
    runIds.map((id) => [id, sampleRequest().event.body.toString()]),
  );
  const journal = createJournal(database.hotPath);
  const effect = (key: string) => ({ path: "save", operation: { op: "set" as const, key, value: 1 } });
  const outcomes = await Promise.all(
    runs.map((run) =>
      journal.commit(
        commitOf(run, {
          workerId: "w",
          records: [sampleRecord("save")],
          effect: effect(run.id),
          transition: { to: "succeeded" },
        }),
      ),
    ),
  );
  expect(outcomes.map(({ kind }) => kind)).toEqual(["committed", "committed"]);
  const { rows } = await database.pool.query(
    "SELECT r.status, s.status AS step FROM runs r JOIN step_records s ON s.run_id = r.id WHERE r.id = ANY($1)",
    [runIds],
  );
  expect(rows).toEqual(runIds.map(() => ({ status: "succeeded", step: "succeeded" })));
});
