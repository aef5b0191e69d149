import { newId } from "@millrace/base";
import {
  type ClaimedRun,
  crashesAtMost,
  errorsAtMost,
  type Intake,
  type LeftRun,
  type RunStore,
} from "@millrace/engine";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createHotPath } from "./hot-path.ts";
import { createIntake } from "./intake.ts";
import { createJournal } from "./journal.ts";
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
beforeEach(async () => {
  database = await openTestDatabase();
  intake = createIntake(database.hotPath);
  store = createRunStore(database.hotPath);
});
afterEach(() => database.close());

const runRow = async (id: string) => (await database.pool.query("SELECT * FROM runs WHERE id = $1", [id])).rows[0];
const expire = (id: string) =>
  database.pool.query("UPDATE runs SET lease_until = now() - interval '1 second' WHERE id = $1", [id]);
const limits = { unclaimedMs: 5_000, crashLimit: 3, limit: 100 };

describe("claim", () => {
  test("hands a run out once, with its event and a higher fence", async () => {
    const request = sampleRequest();
    const { runId } = await intake.accept(request);
    const claims = await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        store.claim({ workerId: `w${index}`, leaseMs: 60_000, limit: 10, runIds: [runId] }),
      ),
    );
    const [run, ...others] = claims.flat();
    expect(others).toEqual([]);
    expect(run).toMatchObject({
      id: runId,
      fence: 1,
      crashCount: 0,
      versionId: request.versionId,
      originRunId: runId,
      records: [],
    });
    expect(run?.event).toEqual({ ...request.event, id: expect.stringMatching(/^evt_/) });
    expect(await runRow(runId)).toMatchObject({ status: "running", fence: 1 });
  });

  test("gives each of many workers that ask at once different runs", async () => {
    const accepted = await Promise.all(Array.from({ length: 60 }, () => intake.accept(sampleRequest())));
    const claims = await Promise.all(
      Array.from({ length: 4 }, (_, index) => store.claim({ workerId: `w${index}`, leaseMs: 60_000, limit: 15 })),
    );
    const ids = claims.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(15);
    expect(accepted.map(({ runId }) => runId)).toEqual(expect.arrayContaining(ids));
  });

  test("takes workspaces in turn when nobody was rung", async () => {
    const busy = newId("workspace");
    for (let index = 0; index < 20; index++) await intake.accept(sampleRequest({ workspaceId: busy }));
    const late = [newId("workspace"), newId("workspace")];
    for (const workspaceId of late) await intake.accept(sampleRequest({ workspaceId }));
    const runs = await store.claim({ workerId: "w", leaseMs: 60_000, limit: 4 });
    expect(runs.map(({ workspaceId }) => workspaceId).sort()).toEqual([busy, busy, ...late].sort());
  });

  test("takes a waiting run once it is due, with its records in order", async () => {
    const run = await claimSample(intake, store);
    const wait = (delayMs: number) =>
      commitOf(run, {
        records: [sampleRecord("z"), sampleRecord("a", { status: "waiting" })],
        transition: {
          to: "waiting",
          delayMs,
          reason: { kind: "retry", path: "a", attempt: 1, message: "busy" },
        },
      });
    await createJournal(database.hotPath).commit(wait(3_600_000));
    expect(await store.claim({ workerId: "w", leaseMs: 1000, limit: 1, runIds: [run.id] })).toEqual([]);
    expect(await store.claim({ workerId: "w", leaseMs: 1000, limit: 1 })).toEqual([]);
    await database.pool.query("UPDATE runs SET due_at = now() WHERE id = $1", [run.id]);
    const [again] = await store.claim({ workerId: "w", leaseMs: 1000, limit: 1 });
    expect(again).toMatchObject({ id: run.id, fence: 2, startedAt: run.startedAt });
    expect(again?.records.map(({ path }) => path)).toEqual(["z", "a"]);
  });

  test("takes nothing for no ids and no more than its limit", async () => {
    const accepted = await Promise.all([1, 2, 3].map(() => intake.accept(sampleRequest())));
    expect(await store.claim({ workerId: "w", leaseMs: 1000, limit: 5, runIds: [] })).toEqual([]);
    const runIds = accepted.map(({ runId }) => runId);
    expect(await store.claim({ workerId: "w", leaseMs: 1000, limit: 2, runIds })).toHaveLength(2);
    expect(await store.claim({ workerId: "w", leaseMs: 1000, limit: 5 })).toHaveLength(1);
  });
});

describe("a claim with a limit in bytes", () => {
  const large = "x".repeat(100_000);
  const claimWithin = (maxBytes: number, runIds?: string[]) =>
    store.claim({ workerId: sampleWorker, leaseMs: 60_000, limit: 10, maxBytes, ...(runIds && { runIds }) });
  const acceptInOrder = async (bodies: string[]) => {
    const runIds: string[] = [];
    for (const body of bodies) runIds.push((await intake.accept(sampleRequest({ body }))).runId);
    return runIds;
  };

  test("hands out runs until they hold as much, whole, and leaves the others queued for the next", async () => {
    const runIds = await acceptInOrder([large, "small", large, "last"]);
    const first = await claimWithin(100_006, runIds);
    expect(first.map(({ id }) => id)).toEqual(runIds.slice(0, 3));
    expect(first.map(({ event }) => Buffer.from(event.body).toString())).toEqual([large, "small", large]);
    expect(first.map(({ sizeBytes }) => sizeBytes)).toEqual([100_000, 5, 100_000]);
    expect(await runRow(runIds[3] ?? "")).toMatchObject({ status: "queued", crash_count: 0, lease_owner: null });
    expect((await claimWithin(1)).map(({ id }) => id)).toEqual(runIds.slice(3));
  });

  test("hands out the first run however large it is", async () => {
    const runIds = await acceptInOrder([large, "small"]);
    expect((await claimWithin(0, runIds)).map(({ id }) => id)).toEqual(runIds.slice(0, 1));
  });

  test("counts what is recorded of a run already", async () => {
    const runIds = await acceptInOrder(["a", "b"]);
    const held = await claimWithin(1_000, runIds);
    const journal = createJournal(database.hotPath);
    const record = sampleRecord("one", { input: "i".repeat(3_000), output: "o".repeat(4_000) });
    await Promise.all(held.map((run) => journal.commit(commitOf(run, { records: [record] }))));
    await store.release(sampleWorker, held);
    const again = await claimWithin(7_000, runIds);
    expect(again.map(({ id }) => id)).toEqual(runIds.slice(0, 1));
    expect(again[0]?.sizeBytes).toBeGreaterThan(7_000);
    expect(again[0]?.records).toMatchObject([{ output: "o".repeat(4_000) }]);
  });
});

describe("a claim that can't load what it took", () => {
  test("puts off the run that is to blame, and hands out the others", async () => {
    const [good, unread, lost] = await Promise.all([1, 2, 3].map(() => intake.accept(sampleRequest())));
    const runIds = [good?.runId ?? "", unread?.runId ?? "", lost?.runId ?? ""];
    const claimAll = () => store.claim({ workerId: sampleWorker, leaseMs: 60_000, limit: 5, runIds });
    const first = await claimAll();
    const journal = createJournal(database.hotPath);
    await Promise.all(first.map((run) => journal.commit(commitOf(run, { records: [sampleRecord("one")] }))));
    await store.release(sampleWorker, first);
    await database.pool.query("UPDATE step_records SET kind = 'newer' WHERE run_id = $1", [runIds[1]]);
    await database.pool.query("DELETE FROM events WHERE id = (SELECT event_id FROM runs WHERE id = $1)", [runIds[2]]);
    expect((await claimAll()).map(({ id }) => id)).toEqual([runIds[0]]);
    const reasons = [];
    for (const id of runIds.slice(1)) {
      const row = await runRow(id);
      expect(row).toMatchObject({ status: "waiting", crash_count: 0, error_count: 1 });
      reasons.push(JSON.parse(row.reason_json));
    }
    expect(reasons).toMatchObject([
      { kind: "trouble", message: 'This release does not know "newer" in a step record.' },
      { kind: "trouble", message: expect.stringMatching(/^The event evt_\w+ of run_\w+ is missing\.$/) },
    ]);
  });

  test("gives all of it back at once where the database does not answer, and counts no crash", async () => {
    const { runId } = await intake.accept(sampleRequest());
    await database.pool.query("ALTER TABLE events RENAME COLUMN headers_json TO gone");
    const request = { workerId: sampleWorker, leaseMs: 60_000, limit: 5, runIds: [runId] };
    await expect(store.claim(request)).rejects.toThrow("headers_json");
    expect(await runRow(runId)).toMatchObject({ status: "queued", crash_count: 0, lease_owner: null });
    await database.pool.query("ALTER TABLE events RENAME COLUMN gone TO headers_json");
    expect(await store.claim(request)).toHaveLength(1);
  });
});

test("extends the leases that are held and names those that are lost", async () => {
  const kept = await claimSample(intake, store);
  const lost = await claimSample(intake, store);
  const before = (await runRow(kept.id)).lease_until;
  const runs = [
    { id: kept.id, fence: kept.fence },
    { id: lost.id, fence: lost.fence - 1 },
    { id: "run_none", fence: 1 },
  ];
  expect(await store.extendLeases(sampleWorker, runs, 600_000)).toEqual([lost.id, "run_none"]);
  expect((await runRow(kept.id)).lease_until.getTime()).toBeGreaterThan(before.getTime());
  expect(await store.extendLeases("another", [{ id: kept.id, fence: kept.fence }], 1000)).toEqual([kept.id]);
});

describe("a run that somebody else keeps locked", () => {
  let pool: pg.Pool;
  let impatient: RunStore;
  let runs: ClaimedRun[];
  beforeEach(async () => {
    pool = new pg.Pool({ connectionString: database.url, lock_timeout: 300 });
    impatient = createRunStore(createHotPath({ ofDay: pool, anyDay: pool }));
    runs = await Promise.all([1, 2, 3, 4].map(() => claimSample(intake, store)));
  });
  afterEach(() => pool.end());

  const leaseOf = async (id: string) => (await runRow(id)).lease_until.getTime();
  const lockFirst = <Result>(work: () => Promise<Result>) =>
    whileLocked(database.pool, "SELECT 1 FROM runs WHERE id = $1 FOR UPDATE", [runs[0]?.id], work);

  test("costs no other its lease, and is not called lost", async () => {
    const before = await leaseOf(runs[0]?.id ?? "");
    const others = runs.slice(1);
    const lost = { id: runs[3]?.id ?? "", fence: 0 };
    const beat = () => impatient.extendLeases(sampleWorker, [...runs.slice(0, 3), lost], 600_000);
    await lockFirst(async () => {
      const beating = beat();
      for (const { id } of others.slice(0, 2)) {
        await expect.poll(() => leaseOf(id), { timeout: 10_000 }).toBeGreaterThan(before + 300_000);
      }
      expect(await beating).toEqual([lost.id]);
    });
    expect(await leaseOf(runs[0]?.id ?? "")).toBe(before);
    expect(await beat()).toEqual([lost.id]);
    expect(await leaseOf(runs[0]?.id ?? "")).toBeGreaterThan(before + 300_000);
  });

  test("keeps no other from being handed back", async () => {
    await lockFirst(() => expect(impatient.release(sampleWorker, runs)).rejects.toMatchObject({ code: "55P03" }));
    const statuses = await Promise.all(runs.map(async ({ id }) => (await runRow(id)).status));
    expect(statuses).toEqual(["running", "queued", "queued", "queued"]);
  });
});

test("hands a run back to be claimed at once, without counting a crash", async () => {
  const run = await claimSample(intake, store);
  await store.release("another", [{ id: run.id, fence: run.fence }]);
  expect((await runRow(run.id)).status).toBe("running");
  await store.release(sampleWorker, [{ id: run.id, fence: run.fence }]);
  const [again] = await store.claim({ workerId: "w", leaseMs: 1000, limit: 1 });
  expect(again).toMatchObject({ id: run.id, crashCount: 0 });
  expect(again?.fence).toBeGreaterThan(run.fence);
});

describe("a run that is put off", () => {
  const trouble = { path: "save", message: "half a pair: \ud83d, and \u0000" };

  test("waits for twice as long each time, and fails in the end with the records that were under way", async () => {
    const { runId } = await intake.accept(sampleRequest());
    const waits: number[] = [];
    for (let error = 1; error <= errorsAtMost; error++) {
      await database.pool.query("UPDATE runs SET due_at = now() WHERE id = $1 AND status = 'waiting'", [runId]);
      const [run] = await store.claim({ workerId: sampleWorker, leaseMs: 60_000, limit: 1, runIds: [runId] });
      if (run === undefined) throw new Error("The run could not be claimed.");
      await createJournal(database.hotPath).commit(
        commitOf(run, { records: [sampleRecord("save", { status: "running" })] }),
      );
      expect(await store.putOff("another", run, trouble)).toBeUndefined();
      const before = Date.now();
      expect(await store.putOff(sampleWorker, run, trouble)).toBe(error < errorsAtMost ? "waiting" : "failed");
      expect(await store.putOff(sampleWorker, run, trouble)).toBeUndefined();
      const { due_at, reason_json } = await runRow(runId);
      if (error === errorsAtMost) break;
      waits.push(Math.floor((due_at.getTime() - before) / 1_000));
      expect(JSON.parse(reason_json)).toEqual({
        ...{ kind: "trouble", path: "save", attempt: error, until: expect.stringMatching(/Z$/) },
        message: "half a pair: \ufffd, and \ufffd",
      });
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256]);
    expect(await runRow(runId)).toMatchObject({ status: "failed", failure_code: "own_bug", failed_path: "save" });
    const { rows } = await database.pool.query("SELECT status FROM step_records WHERE run_id = $1", [runId]);
    expect(rows).toEqual([{ status: "failed" }]);
  });

  test("is as good as new once it has made progress", async () => {
    const run = await claimSample(intake, store);
    await database.pool.query("UPDATE runs SET error_count = 9 WHERE id = $1", [run.id]);
    await createJournal(database.hotPath).commit(commitOf(run, { records: [sampleRecord("one")] }));
    expect(await store.putOff(sampleWorker, run, trouble)).toBe("waiting");
    expect((await runRow(run.id)).error_count).toBe(1);
  });
});

describe("recover", () => {
  test("takes back an expired lease, counts the crash, and does nothing the second time", async () => {
    const run = await claimSample(intake, store);
    await expire(run.id);
    const recoveries = await Promise.all([store.recover(limits), store.recover(limits)]);
    expect(recoveries.map(({ expiredLeases }) => expiredLeases).sort()).toEqual([0, 1]);
    const row = await runRow(run.id);
    expect(row).toMatchObject({ status: "queued", crash_count: 1, lease_owner: null });
    expect(JSON.parse(row.reason_json)).toMatchObject({ kind: "worker_died", worker: sampleWorker, attempt: 2 });
    expect(await store.recover(limits)).toEqual({
      runIds: [],
      expiredLeases: 0,
      quarantined: 0,
      quarantinedRuns: [],
      dueWaits: 0,
      lastChances: 0,
    });
  });

  test("leaves a lease alone that was extended in time", async () => {
    const run = await claimSample(intake, store, { leaseMs: 600_000 });
    expect(await store.recover(limits)).toMatchObject({ runIds: [], expiredLeases: 0 });
    expect((await runRow(run.id)).fence).toBe(run.fence);
  });

  test("ends a run that keeps killing its workers, at the step that was under way, and tells which", async () => {
    const ended: LeftRun[] = [];
    const journal = createJournal(database.hotPath);
    const { runId } = await intake.accept(sampleRequest());
    for (let crash = 1; crash <= 3; crash++) {
      const [run] = await store.claim({
        workerId: sampleWorker,
        leaseMs: 60_000,
        limit: 1,
        ...(crash < 3 ? { runIds: [runId] } : { isLastChance: true }),
      });
      expect(run?.crashCount).toBe(crash - 1);
      if (run) await journal.commit(commitOf(run, { records: [sampleRecord("boom", { status: "running" })] }));
      await expire(runId);
      ended.push(...(await store.recover(limits)).quarantinedRuns);
    }
    const row = await runRow(runId);
    expect(ended).toEqual([
      {
        ...{ runId, workspaceId: row.workspace_id, automationId: row.automation_id, queuedAt: row.queued_at },
        ...{ status: "failed", failureCode: "quarantined", at: row.finished_at },
      },
    ]);
    expect(row).toMatchObject({ status: "failed", failure_code: "quarantined", failed_path: "boom" });
    const { rows } = await database.pool.query("SELECT status FROM step_records WHERE run_id = $1", [runId]);
    expect(rows).toEqual([{ status: "failed" }]);
  });

  test("lets a trusted run go on after another crash, but not for ever", async () => {
    const run = await claimSample(intake, store);
    const setCrashes = (count: number) =>
      database.pool.query("UPDATE runs SET crash_count = $2 WHERE id = $1", [run.id, count]);
    await setCrashes(2);
    await store.trust("another", [run]);
    expect((await runRow(run.id)).reason_json).toBeNull();
    await store.trust(sampleWorker, [run]);
    await expire(run.id);
    expect(await store.recover(limits)).toMatchObject({ expiredLeases: 1, quarantined: 0 });
    expect(await runRow(run.id)).toMatchObject({ status: "queued", crash_count: 3 });

    await setCrashes(crashesAtMost - 1);
    const request = { workerId: sampleWorker, leaseMs: 60_000, limit: 1, isLastChance: true } as const;
    await store.trust(sampleWorker, await store.claim(request));
    await expire(run.id);
    expect(await store.recover(limits)).toMatchObject({ quarantined: 1 });
    expect(await runRow(run.id)).toMatchObject({ status: "failed", crash_count: crashesAtMost, reason_json: null });
  });

  test("forgets crashes once the run has made progress", async () => {
    const { runId } = await intake.accept(sampleRequest());
    await store.claim({ workerId: "w", leaseMs: 1000, limit: 1, runIds: [runId] });
    await expire(runId);
    await store.recover(limits);
    const [run] = await store.claim({ workerId: sampleWorker, leaseMs: 1000, limit: 1, runIds: [runId] });
    if (run) await createJournal(database.hotPath).commit(commitOf(run, { records: [sampleRecord("one")] }));
    expect((await runRow(runId)).crash_count).toBe(0);
  });

  test("requeues waits that are due and lists queued runs that nobody took", async () => {
    const waiting = await claimSample(intake, store);
    await createJournal(database.hotPath).commit(
      commitOf(waiting, {
        transition: {
          to: "waiting",
          delayMs: 0,
          reason: { kind: "retry", path: "a", attempt: 1, message: "busy" },
        },
      }),
    );
    const { runId: fresh } = await intake.accept(sampleRequest());
    const { runId: old } = await intake.accept(sampleRequest());
    await database.pool.query("UPDATE runs SET queued_at = now() - interval '1 minute' WHERE id = $1", [old]);
    const recovery = await store.recover(limits);
    expect(recovery).toMatchObject({ dueWaits: 1, expiredLeases: 0, quarantined: 0 });
    expect(recovery.runIds.sort()).toEqual([waiting.id, old].sort());
    expect(recovery.runIds).not.toContain(fresh);
    expect(await runRow(waiting.id)).toMatchObject({
      status: "queued",
      reason_json: expect.stringContaining("Its wait is over."),
      due_at: null,
    });
  });

  test("never touches a run that has ended", async () => {
    const run = await claimSample(intake, store);
    await createJournal(database.hotPath).commit(commitOf(run, { transition: { to: "succeeded" } }));
    const before = await runRow(run.id);
    await store.recover({ unclaimedMs: 0, crashLimit: 1, limit: 100 });
    expect(await runRow(run.id)).toEqual(before);
  });
});

test.each(["succeeded", "failed", "canceled"])("the database refuses to change a run that is %s", async (status) => {
  const { runId } = await intake.accept(sampleRequest());
  await database.pool.query(
    `UPDATE runs SET status = $2, finished_at = now(), reason_json = '{}', failure_json = CASE WHEN $2 = 'failed' THEN '{}' END WHERE id = $1`,
    [runId, status],
  );
  await expect(
    database.pool.query("UPDATE runs SET status = 'queued', finished_at = NULL, failure_json = NULL WHERE id = $1", [
      runId,
    ]),
  ).rejects.toThrow("can never become queued");
  expect((await runRow(runId)).status).toBe(status);
});
