import { newId } from "@millrace/base";
import type { ClaimedRun, Intake, Journal, RunControl, RunStore } from "@millrace/engine";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDatabase } from "../open-database.ts";
import { createIntake } from "./intake.ts";
import { createJournal } from "./journal.ts";
import { createRunControl } from "./run-control.ts";
import {
  claimSample,
  commitOf,
  sampleRecord,
  sampleRequest,
  sampleWorker,
  whileLocked,
} from "./run-samples.fixture.ts";
import { createRunStore } from "./run-store.ts";

let database: TestDatabase;
let intake: Intake;
let store: RunStore;
let journal: Journal;
let control: RunControl;
beforeAll(async () => {
  database = await openTestDatabase();
  intake = createIntake(database.hotPath);
  store = createRunStore(database.hotPath);
  journal = createJournal(database.hotPath);
  control = createRunControl(database.pool);
});
afterAll(() => database.close());

const runRow = async (id: string) => (await database.pool.query("SELECT * FROM runs WHERE id = $1", [id])).rows[0];
const recordsOf = async (id: string) =>
  (await database.pool.query("SELECT * FROM step_records WHERE run_id = $1 ORDER BY position", [id])).rows;
const storedValue = async (run: ClaimedRun, key: string) =>
  (
    await database.pool.query("SELECT value_json FROM key_values WHERE workspace_id = $1 AND key = $2", [
      run.workspaceId,
      key,
    ])
  ).rows[0]?.value_json;
const increment = (path: string, key: string, by = 1) => ({ path, operation: { op: "increment" as const, key, by } });

test("writes records, an effect with its output, and the end of the run in one transaction", async () => {
  const run = await claimSample(intake, store);
  const outcome = await journal.commit(
    commitOf(run, {
      records: [sampleRecord("first", { output: { a: 1 } }), sampleRecord("save", { input: { key: "k" } })],
      effect: { path: "save", operation: { op: "set", key: "k", value: "Hello\u0000, Ada!" } },
      transition: { to: "succeeded" },
    }),
  );
  const output = { key: "k", value: "Hello\u0000, Ada!", version: 1 };
  expect(outcome).toEqual({ kind: "committed", output });
  expect(await runRow(run.id)).toMatchObject({ status: "succeeded", lease_owner: null, finished_at: expect.any(Date) });
  const records = await recordsOf(run.id);
  expect(records.map(({ path }) => path)).toEqual(["first", "save"]);
  expect(JSON.parse(records[1].output_json)).toEqual(output);
  expect(JSON.parse(await storedValue(run, "k"))).toBe(output.value);
});

test("replaces an earlier record of the same path and keeps its place", async () => {
  const run = await claimSample(intake, store);
  await journal.commit(commitOf(run, { records: [sampleRecord("a", { status: "running" }), sampleRecord("b")] }));
  const failure = { code: "timeout" as const, message: "no answer \u0000" };
  await journal.commit(
    commitOf(run, { records: [sampleRecord("c"), sampleRecord("a", { status: "failed", failure })] }),
  );
  const records = await recordsOf(run.id);
  expect(records.map(({ path, status }) => [path, status])).toEqual([
    ["a", "failed"],
    ["b", "succeeded"],
    ["c", "succeeded"],
  ]);
  expect(JSON.parse(records[0].failure_json)).toEqual(failure);
});

test("a wait is stored with its time, whatever text a service gave as its reason", async () => {
  const run = await claimSample(intake, store);
  const reason = { kind: "retry" as const, path: "a", attempt: 1, message: 'busy \u0000 \ud83d "}' };
  const transition = { to: "waiting" as const, delayMs: 60_000, reason };
  expect(await journal.commit(commitOf(run, { transition }))).toEqual({ kind: "committed" });
  const { status, reason_json, due_at } = await runRow(run.id);
  expect(status).toBe("waiting");
  const { until, ...stored } = JSON.parse(reason_json);
  expect(stored).toEqual(reason);
  // The one is cut to milliseconds, the other rounded.
  expect(Math.abs(Date.parse(until) - due_at.getTime())).toBeLessThanOrEqual(1);
});

test("a record comes back from the database as it was written", async () => {
  const run = await claimSample(intake, store);
  const record = sampleRecord("a[0].b", {
    input: { "\u0000": [1, null], __proto__x: "é" },
    output: null,
    warnings: [],
    attempts: [
      {
        startedAt: "2026-11-21T10:00:00.000Z",
        finishedAt: "2026-11-21T10:00:01.000Z",
        failure: { code: "timeout", message: "m" },
      },
    ],
    idempotencyKey: "key",
    reusedFromRunId: newId("run"),
  });
  await journal.commit(commitOf(run, { records: [record] }));
  await store.release("worker_1", [{ id: run.id, fence: run.fence }]);
  const [again] = await store.claim({ workerId: "w", leaseMs: 1000, limit: 1, runIds: [run.id] });
  expect(again?.records).toEqual([record]);
});

describe("a worker that lost its lease writes nothing", () => {
  const losses: Record<string, (run: ClaimedRun) => Promise<unknown>> = {
    "to another worker": async (run) => {
      await database.pool.query("UPDATE runs SET lease_until = now() - interval '1 second' WHERE id = $1", [run.id]);
      await store.recover({ unclaimedMs: 1e9, crashLimit: 9, limit: 100 });
      await store.claim({ workerId: "worker_2", leaseMs: 60_000, limit: 1, runIds: [run.id] });
    },
    "to itself, after it was hung up": async (run) => {
      await store.release("worker_1", [{ id: run.id, fence: run.fence }]);
      await store.claim({ workerId: "worker_1", leaseMs: 60_000, limit: 1, runIds: [run.id] });
    },
    "to a person who canceled": (run) => control.cancel(run.workspaceId, run.id, "by Ada"),
    "to quarantine": async (run) => {
      await database.pool.query("UPDATE runs SET lease_until = now() - interval '1 second' WHERE id = $1", [run.id]);
      await store.recover({ unclaimedMs: 1e9, crashLimit: 1, limit: 100 });
    },
  };
  test.each(Object.entries(losses))("%s", async (_name, lose) => {
    const run = await claimSample(intake, store);
    await lose(run);
    const before = await runRow(run.id);
    const outcomes = await Promise.all([
      journal.commit(commitOf(run, { records: [sampleRecord("a")], effect: increment("a", "lost") })),
      createJournal(database.hotPath).commit(
        commitOf(run, {
          records: [sampleRecord("a")],
          transition: { to: "failed", failure: { code: "timeout", message: "m" }, path: "a" },
        }),
      ),
    ]);
    expect(outcomes).toEqual([{ kind: "lease_lost" }, { kind: "lease_lost" }]);
    expect(await runRow(run.id)).toEqual(before);
    expect(await recordsOf(run.id)).toEqual([]);
    expect(await storedValue(run, "lost")).toBeUndefined();
  });
});

test("a commit of another workspace's run writes nothing", async () => {
  const run = await claimSample(intake, store);
  const outcome = await journal.commit(
    commitOf(run, { workspaceId: newId("workspace"), transition: { to: "succeeded" } }),
  );
  expect(outcome).toEqual({ kind: "lease_lost" });
  expect((await runRow(run.id)).status).toBe("running");
});

test("an effect takes place once when its commit is repeated, whether or not the run ended with it", async () => {
  const run = await claimSample(intake, store);
  const entry = commitOf(run, { records: [sampleRecord("count")], effect: increment("count", "n", 2) });
  const output = { key: "n", value: 2 };
  expect(await journal.commit(entry)).toEqual({ kind: "committed", output });
  expect(await journal.commit(entry)).toEqual({ kind: "committed", output });
  const last = commitOf(run, {
    records: [sampleRecord("again")],
    effect: increment("again", "n"),
    transition: { to: "succeeded" },
  });
  for (let attempt = 0; attempt < 2; attempt++) {
    expect(await journal.commit(last)).toEqual({ kind: "committed", output: { key: "n", value: 3 } });
  }
  expect(await storedValue(run, "n")).toBe("3");
});

test("an effect that is impossible is refused, writes nothing, and harms no other run", async () => {
  const workspaceId = newId("workspace");
  const [bad, good] = [
    await claimSample(intake, store, { workspaceId }),
    await claimSample(intake, store, { workspaceId }),
  ];
  await journal.commit(
    commitOf(bad, {
      records: [sampleRecord("s")],
      effect: { path: "s", operation: { op: "set", key: "text", value: "x" } },
    }),
  );
  const [refused, committed] = await Promise.all([
    journal.commit(
      commitOf(bad, { records: [sampleRecord("i")], effect: increment("i", "text"), transition: { to: "succeeded" } }),
    ),
    journal.commit(
      commitOf(good, { records: [sampleRecord("i")], effect: increment("i", "n"), transition: { to: "succeeded" } }),
    ),
  ]);
  expect(refused).toMatchObject({ kind: "refused", failure: { code: "invalid_input", field: "key" } });
  expect(committed).toMatchObject({ kind: "committed" });
  expect((await runRow(bad.id)).status).toBe("running");
  expect((await recordsOf(bad.id)).map(({ path }) => path)).toEqual(["s"]);
  expect((await runRow(good.id)).status).toBe("succeeded");
});

test.each([
  ["the database can't store", new Date("+200000-01-01T00:00:00Z")],
  ["no statement can be made of", new Date(Number.NaN)],
])("a commit that %s harms no other of its batch", async (_name, startedAt) => {
  const runs = await Promise.all(Array.from({ length: 6 }, () => claimSample(intake, store)));
  const [bad, ...good] = runs;
  if (!bad) throw new Error("unreachable");
  const broken = sampleRecord("a", { startedAt });
  const outcomes = await Promise.allSettled([
    journal.commit(commitOf(bad, { records: [broken], effect: increment("a", "n") })),
    ...good.map((run) =>
      journal.commit(
        commitOf(run, { records: [sampleRecord("a")], effect: increment("a", "n"), transition: { to: "succeeded" } }),
      ),
    ),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", ...good.map(() => "fulfilled")]);
  expect(await storedValue(bad, "n")).toBeUndefined();
  for (const run of good) expect(await storedValue(run, "n")).toBe("1");
});

test.each([
  ["outputs", (output: string) => ({ records: [sampleRecord("a", { output })] })],
  [
    "stored values",
    (value: string) => ({
      records: [sampleRecord("a", { input: { value } })],
      effect: { path: "a", operation: { op: "set" as const, key: newId("event"), value } },
    }),
  ],
])("large %s are written a few at a time", async (_name, holding) => {
  const runs = await Promise.all(Array.from({ length: 8 }, () => claimSample(intake, store)));
  const large = "x".repeat(1_500_000);
  await Promise.all(runs.map((run) => journal.commit(commitOf(run, holding(large)))));
  const { rows } = await database.pool.query<{ bytes: number }>(
    `SELECT sum(octet_length(input_json) + octet_length(output_json))::int AS bytes FROM (
       SELECT xmin, coalesce(input_json, '') AS input_json, coalesce(output_json, '') AS output_json FROM step_records WHERE run_id = ANY($1)
     ) stored GROUP BY xmin::text`,
    [runs.map(({ id }) => id)],
  );
  for (const { bytes } of rows) expect(bytes).toBeLessThanOrEqual(8 * 1024 * 1024);
});

test("many runs of many workers count together without losing one, and without deadlocks", async () => {
  const workspaceId = newId("workspace");
  const journals = [journal, createJournal(database.hotPath), createJournal(database.hotPath)];
  const accepted = await Promise.all(Array.from({ length: 120 }, () => intake.accept(sampleRequest({ workspaceId }))));
  const runs = await store.claim({
    workerId: "worker_1",
    leaseMs: 60_000,
    limit: 120,
    runIds: accepted.map(({ runId }) => runId),
  });
  await Promise.all(
    runs.map(async (run, index) => {
      const mine = journals[index % journals.length];
      for (const [turn, key] of (index % 2 ? ["x", "y", "z"] : ["z", "y", "x"]).entries()) {
        const path = `s${turn}`;
        await mine?.commit(
          commitOf(run, {
            records: [sampleRecord(path)],
            effect: increment(path, key),
            ...(turn === 2 ? { transition: { to: "succeeded" as const } } : {}),
          }),
        );
      }
    }),
  );
  const first = runs[0];
  if (!first) throw new Error("nothing was claimed");
  expect([await storedValue(first, "x"), await storedValue(first, "y"), await storedValue(first, "z")]).toEqual([
    "120",
    "120",
    "120",
  ]);
});

test.each([
  ["record", {}],
  ["effect", { effect: { path: "met", operation: { op: "set", key: "met", value: 1 } } }],
] as const)("a %s that meets a heartbeat under way waits for it, and both count", async (_name, parts) => {
  const run = await claimSample(intake, store);
  const client = await database.pool.connect();
  try {
    const soon = [{ id: run.id, fence: run.fence }];
    const meeting: (() => Promise<unknown>)[] = [
      () => journal.commit(commitOf(run, { records: [sampleRecord("met")], ...parts })),
      () => store.extendLeases(sampleWorker, soon, 60_000),
    ];
    for (const meet of meeting) {
      await client.query("BEGIN");
      await client.query("UPDATE runs SET lease_until = now() + interval '1 minute' WHERE id = $1", [run.id]);
      const met = meet();
      await expect.poll(() => waitingForLocks(), { timeout: 10_000 }).toBe(1);
      await client.query("COMMIT");
      expect(await met).toEqual(meet === meeting[0] ? expect.objectContaining({ kind: "committed" }) : []);
    }
  } finally {
    client.release();
  }
});

test("a key that a process standing still has locked keeps its own commits waiting, and no others", async () => {
  const own = await openDatabase(database.url, { applicationName: "journal test", maxConnections: 4 });
  const mine = createJournal(own.hotPath);
  const workspaceId = newId("workspace");
  const runs = await Promise.all(Array.from({ length: 6 }, () => claimSample(intake, store, { workspaceId })));
  const counting = (run: ClaimedRun, key: string) =>
    mine.commit(commitOf(run, { records: [sampleRecord("a")], effect: increment("a", key) }));
  try {
    const [first, ...others] = runs;
    if (!first) throw new Error("unreachable");
    await counting(first, "locked");
    const lock = "UPDATE key_values SET version = version WHERE workspace_id = $1 AND key = 'locked'";
    const blocked = await whileLocked(database.pool, lock, [workspaceId], async () => {
      const [blocked, ...free] = others.map((run, index) => counting(run, index === 0 ? "locked" : "free"));
      for (const commit of free) expect(await commit).toMatchObject({ kind: "committed" });
      return [blocked];
    });
    expect(await blocked[0]).toMatchObject({ kind: "committed", output: { value: 2 } });
  } finally {
    await own.close();
  }
});

async function waitingForLocks(): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
  );
  return rows[0]?.count ?? 0;
}

test("commits of one run keep their order even when they are not awaited", async () => {
  const run = await claimSample(intake, store);
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      journal.commit(commitOf(run, { records: [sampleRecord("a", { output: index })] })),
    ),
  );
  expect(outcomes.every(({ kind }) => kind === "committed")).toBe(true);
  expect((await recordsOf(run.id))[0].output_json).toBe("19");
});
