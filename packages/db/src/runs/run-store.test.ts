import { newId } from "@millrace/base";
import type { Intake, RunStore } from "@millrace/engine";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createIntake } from "./intake.ts";
import { createJournal } from "./journal.ts";
import { claimSample, commitOf, sampleRecord, sampleRequest, sampleWorker } from "./run-samples.fixture.ts";
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

test("hands a run back to be claimed at once, without counting a crash", async () => {
  const run = await claimSample(intake, store);
  await store.release("another", [{ id: run.id, fence: run.fence }]);
  expect((await runRow(run.id)).status).toBe("running");
  await store.release(sampleWorker, [{ id: run.id, fence: run.fence }]);
  const [again] = await store.claim({ workerId: "w", leaseMs: 1000, limit: 1 });
  expect(again).toMatchObject({ id: run.id, crashCount: 0 });
  expect(again?.fence).toBeGreaterThan(run.fence);
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
      dueWaits: 0,
      lastChances: 0,
    });
  });

  test("leaves a lease alone that was extended in time", async () => {
    const run = await claimSample(intake, store, { leaseMs: 600_000 });
    expect(await store.recover(limits)).toMatchObject({ runIds: [], expiredLeases: 0 });
    expect((await runRow(run.id)).fence).toBe(run.fence);
  });

  test("ends a run that keeps killing its workers, at the step that was under way", async () => {
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
      await store.recover(limits);
    }
    const row = await runRow(runId);
    expect(row).toMatchObject({ status: "failed", failure_code: "quarantined", failed_path: "boom" });
    const { rows } = await database.pool.query("SELECT status FROM step_records WHERE run_id = $1", [runId]);
    expect(rows).toEqual([{ status: "failed" }]);
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
