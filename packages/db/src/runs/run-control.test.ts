import { newId } from "@millrace/base";
import { type ClaimedRun, RunNotFound, RunStateConflict, type RunTransition } from "@millrace/engine";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createIntake } from "./intake.ts";
import { createJournal } from "./journal.ts";
import { createRunControl } from "./run-control.ts";
import { claimSample, commitOf, sampleRecord, sampleRequest } from "./run-samples.fixture.ts";
import { createRunStore } from "./run-store.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const open = () => {
  const { pool, hotPath } = database;
  return {
    intake: createIntake(hotPath),
    store: createRunStore(hotPath),
    journal: createJournal(hotPath),
    control: createRunControl(pool),
  };
};
const runRow = async (id: string) => (await database.pool.query("SELECT * FROM runs WHERE id = $1", [id])).rows[0];

async function finished(transition: RunTransition): Promise<ClaimedRun> {
  const { intake, store, journal } = open();
  const run = await claimSample(intake, store);
  const records = [
    sampleRecord("one", { output: 1 }),
    sampleRecord("two", { status: transition.to === "failed" ? "failed" : "needs_review" }),
  ];
  await journal.commit(commitOf(run, { records, transition }));
  return run;
}

const failed: RunTransition = { to: "failed", failure: { code: "timeout", message: "no answer" }, path: "two" };

test("a retry of a failed run is a new run that takes over what succeeded", async () => {
  const { control, store } = open();
  const run = await finished(failed);
  const before = await runRow(run.id);
  const { runId, automationId } = await control.retry(run.workspaceId, run.id);
  expect(automationId).toBe(run.automationId);
  expect(runId).not.toBe(run.id);
  expect(await runRow(run.id)).toEqual(before);
  const [retry] = await store.claim({ workerId: "w", leaseMs: 1000, limit: 1, runIds: [runId] });
  expect(retry).toMatchObject({ originRunId: run.id, versionId: run.versionId, event: { id: run.event.id } });
  expect(retry?.records).toEqual([sampleRecord("one", { output: 1, reusedFromRunId: run.id })]);
  expect(await runRow(runId)).toMatchObject({ retry_of_run_id: run.id, delivery_id: before.delivery_id });
});

test("a retry of a retry still names the first run as origin, and where a record came from", async () => {
  const { control } = open();
  const run = await finished(failed);
  const first = await control.retry(run.workspaceId, run.id);
  await control.cancel(run.workspaceId, first.runId, "again");
  const second = await control.retry(run.workspaceId, first.runId);
  expect(await runRow(second.runId)).toMatchObject({ origin_run_id: run.id, retry_of_run_id: first.runId });
  const { rows } = await database.pool.query("SELECT reused_from_run_id FROM step_records WHERE run_id = $1", [
    second.runId,
  ]);
  expect(rows).toEqual([{ reused_from_run_id: run.id }]);
});

test("a run in review goes on itself", async () => {
  const { control, store } = open();
  const run = await finished({ to: "needs_review", reason: { kind: "review", path: "two", message: "unknown" } });
  expect(await control.retry(run.workspaceId, run.id)).toEqual({ runId: run.id, automationId: run.automationId });
  const [again] = await store.claim({ workerId: "w", leaseMs: 1000, limit: 1, runIds: [run.id] });
  expect(again?.fence).toBe(run.fence + 1);
  expect(again?.records.map(({ path }) => path)).toEqual(["one", "two"]);
});

test("cancels a run that is not over, with its reason, and ends the step that was under way", async () => {
  const { control, intake, store, journal } = open();
  const run = await claimSample(intake, store);
  await journal.commit(commitOf(run, { records: [sampleRecord("one", { status: "running" })] }));
  const told = await control.cancel(run.workspaceId, run.id, "not needed");
  const row = await runRow(run.id);
  expect(told).toEqual({
    ...{ runId: run.id, workspaceId: run.workspaceId, automationId: run.automationId, queuedAt: row.queued_at },
    ...{ status: "canceled", at: row.finished_at },
  });
  expect(row).toMatchObject({ status: "canceled", lease_owner: null, finished_at: expect.any(Date) });
  expect(JSON.parse(row.reason_json)).toEqual({ kind: "canceled", message: "not needed" });
  const { rows } = await database.pool.query("SELECT status FROM step_records WHERE run_id = $1", [run.id]);
  expect(rows).toEqual([{ status: "failed" }]);
});

test("names the run that the canceled one held back", async () => {
  const { control, intake } = open();
  const { automationId, workspaceId } = sampleRequest();
  const accept = async (orderKey: string | null) =>
    (await intake.accept(sampleRequest({ workspaceId, automationId, orderKey }))).runId;
  const [first, second, other, free] = [await accept("a"), await accept("a"), await accept("b"), await accept(null)];
  const nextAfter = async (runId: string) => (await control.cancel(workspaceId, runId, "not needed")).next;
  expect(await nextAfter(free)).toBeUndefined();
  expect(await nextAfter(other)).toBeUndefined();
  expect(await nextAfter(first)).toBe(second);
});

test("refuses what the run's status does not allow, and runs of other workspaces", async () => {
  const { control, intake, store } = open();
  const done = await finished({ to: "succeeded" });
  await expect(control.retry(done.workspaceId, done.id)).rejects.toThrow(RunStateConflict);
  await expect(control.cancel(done.workspaceId, done.id, "m")).rejects.toThrow(RunStateConflict);
  const running = await claimSample(intake, store);
  await expect(control.retry(running.workspaceId, running.id)).rejects.toThrow(RunStateConflict);
  await expect(control.cancel(newId("workspace"), running.id, "m")).rejects.toThrow(RunNotFound);
  await expect(control.retry(newId("workspace"), running.id)).rejects.toThrow(RunNotFound);
});

test("refuses to retry what nobody can look up any more", async () => {
  const { control } = open();
  const run = await finished(failed);
  await database.pool.query("DELETE FROM events WHERE id = $1", [run.event.id]);
  await expect(control.retry(run.workspaceId, run.id)).rejects.toThrow("no longer stored");
});
