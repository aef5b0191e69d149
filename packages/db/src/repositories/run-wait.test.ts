import { newId } from "@millrace/base";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { beforeEach, expect, test } from "vitest";
import { type Database, openDatabase } from "../open-database.ts";
import { createIntake } from "../runs/intake.ts";
import { createJournal } from "../runs/journal.ts";
import { commitOf, sampleRequest, sampleWorker, saveAutomation, saveWorkspace } from "../runs/run-samples.fixture.ts";
import { createRunStore } from "../runs/run-store.ts";
import { createRunRepository } from "./run-repository.ts";
import type { RunWait } from "./run-wait.ts";

let server: TestDatabase;
let database: Database;
beforeEach(async () => {
  server = await openTestDatabase();
  database = await openDatabase(server.url, { applicationName: "wait test", maxConnections: 5 });
  return async () => {
    await database.close();
    await server.close();
  };
});

const sample = () => ({ workspaceId: newId("workspace"), automationId: newId("automation") });
const accept = async (parts: ReturnType<typeof sample> & { orderKey?: string }) =>
  (await createIntake(database.hotPath).accept(sampleRequest(parts))).runId;
const claim = (runId: string) =>
  createRunStore(database.hotPath).claim({ workerId: sampleWorker, leaseMs: 60_000, limit: 1, runIds: [runId] });
/** As a page of many runs tells it, and the run's own page has to say the same. */
async function waitOf(
  { workspaceId }: { workspaceId: string },
  runId: string,
  defaultMaxRunning: number | null = null,
) {
  const runs = createRunRepository(database.prisma, { defaultMaxRunning });
  const { items } = await runs.list({ workspaceId });
  const { wait } = await runs.get(workspaceId, runId);
  const listed = items.find(({ id }) => id === runId)?.wait ?? null;
  expect(inMinutes(listed)).toEqual(inMinutes(wait));
  return inMinutes(wait);
}

/** It is later with every read. */
const inMinutes = (wait: RunWait | null) =>
  wait && "seconds" in wait ? { ...wait, seconds: Math.round(wait.seconds / 60) * 60 } : wait;

test("nothing but a worker is missing where no limit is reached", async () => {
  const parts = sample();
  await saveAutomation(database.pool, { ...parts, concurrency: 1 });
  expect(await waitOf(parts, await accept(parts), 1)).toBeNull();
});

test("the automation's limit is named before the workspace's, with what runs", async () => {
  const parts = sample();
  await saveAutomation(database.pool, { ...parts, concurrency: 1 });
  await saveWorkspace(database.pool, parts.workspaceId, 1);
  const runIds = [await accept(parts), await accept(parts)];
  const sibling = await accept({ ...parts, automationId: newId("automation") });
  await claim(runIds[0] ?? "");
  expect(await waitOf(parts, runIds[1] ?? "")).toEqual({ kind: "automation_limit", running: 1, limit: 1 });
  expect(await waitOf(parts, sibling)).toEqual({ kind: "workspace_limit", running: 1, limit: 1 });
  expect(await waitOf(parts, runIds[0] ?? "")).toBeNull();
});

test("a run that one more crash would end waits to be run apart, unless something else holds it back", async () => {
  const parts = sample();
  await saveAutomation(database.pool, { ...parts, concurrency: 1 });
  const runIds = [await accept(parts), await accept(parts)];
  await database.pool.query("UPDATE runs SET crash_count = 2 WHERE id = $1", [runIds[1]]);
  expect(await waitOf(parts, runIds[1] ?? "")).toEqual({ kind: "last_chance", crashes: 2 });
  expect(await waitOf(parts, runIds[0] ?? "")).toBeNull();
  await claim(runIds[0] ?? "");
  expect(await waitOf(parts, runIds[1] ?? "")).toMatchObject({ kind: "automation_limit" });
});

test("the installation's limit counts for workspaces that have none", async () => {
  const parts = sample();
  const [first, second] = [await accept(parts), await accept(parts)];
  await claim(first);
  expect(await waitOf(parts, second, 1)).toEqual({ kind: "workspace_limit", running: 1, limit: 1 });
  expect(await waitOf(parts, second)).toBeNull();
});

test("the run that holds the order key is named, with its state", async () => {
  const parts = { ...sample(), orderKey: "ada" };
  const [first, second, third] = [await accept(parts), await accept(parts), await accept(parts)];
  expect(await waitOf(parts, first)).toBeNull();
  expect(await waitOf(parts, third)).toEqual({ kind: "order", runId: first, status: "queued" });
  const [run] = await claim(first);
  expect(await waitOf(parts, third)).toEqual({ kind: "order", runId: first, status: "running" });
  if (run === undefined) throw new Error("The first run was not claimed.");
  const reason = { kind: "review", path: "a", message: "Look." } as const;
  await createJournal(database.hotPath).commit(commitOf(run, { transition: { to: "needs_review", reason } }));
  expect(await waitOf(parts, second)).toEqual({ kind: "order", runId: first, status: "needs_review" });
});

test("every run of a page is told what holds back just that one", async () => {
  const { workspaceId, automationId } = sample();
  const limited = { workspaceId, automationId: newId("automation") };
  const otherWorkspace = sample();
  await saveAutomation(database.pool, { ...limited, concurrency: 1 });
  const free = await accept({ workspaceId, automationId });
  const keys: [string, string][] = [];
  for (const orderKey of ["ada", "bob"]) {
    const parts = { workspaceId, automationId, orderKey };
    keys.push([await accept(parts), await accept(parts)]);
  }
  const [running, held] = [await accept(limited), await accept(limited)];
  await claim(running);
  await claim(await accept({ ...otherWorkspace, automationId }));
  const { items } = await createRunRepository(database.prisma).list({ workspaceId });
  const told = new Map(items.map(({ id, wait }) => [id, wait]));
  expect(told.size).toBe(7);
  expect(told.get(free)).toBeNull();
  expect(told.get(running)).toBeNull();
  expect(told.get(held)).toEqual({ kind: "automation_limit", running: 1, limit: 1 });
  for (const [first, second] of keys) {
    expect(told.get(first)).toBeNull();
    expect(told.get(second)).toEqual({ kind: "order", runId: first, status: "queued" });
  }
});

test("a running run whose worker lets its lease end says so, whatever the clock of whoever asks", async () => {
  const parts = sample();
  const runId = await accept(parts);
  await claim(runId);
  expect(await waitOf(parts, runId)).toBeNull();
  await database.pool.query("UPDATE runs SET lease_until = now() - interval '2 hours'");
  expect(await waitOf(parts, runId)).toEqual({
    ...{ kind: "worker_lost", worker: sampleWorker },
    seconds: 7_200,
  });
});

test("a wait that is over for long says so", async () => {
  const parts = sample();
  const [run] = await claim(await accept(parts));
  if (run === undefined) throw new Error("The run was not claimed.");
  const reason = { kind: "retry", path: "a", attempt: 1, message: "Busy." } as const;
  await createJournal(database.hotPath).commit(commitOf(run, { transition: { to: "waiting", reason, delayMs: 0 } }));
  expect(await waitOf(parts, run.id)).toBeNull();
  await database.pool.query("UPDATE runs SET due_at = now() - interval '2 hours'");
  expect(await waitOf(parts, run.id)).toEqual({ kind: "overdue", seconds: 7_200 });
});

test("a run that was taken back from a dead worker says so until it is claimed", async () => {
  const parts = sample();
  const runId = await accept(parts);
  await claim(runId);
  const get = () => createRunRepository(database.prisma).get(parts.workspaceId, runId);
  expect((await get()).leaseOwner).toBe(sampleWorker);
  await database.pool.query("UPDATE runs SET lease_until = now() - interval '1 second'");
  await createRunStore(database.hotPath).recover({ unclaimedMs: 5_000, crashLimit: 3, limit: 10 });
  expect((await get()).reason).toMatchObject({ kind: "worker_died", worker: sampleWorker, attempt: 2 });
  await claim(runId);
  expect((await get()).reason).toBeNull();
});
