import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { InvalidCursor } from "./invalid-cursor.ts";
import { NotFound } from "./not-found.ts";
import type { RunListRequest } from "./run-repository.ts";
import { exampleDefinition, openRepositories, type TestRepositories } from "./testing/open-repositories.ts";
import { seedRun } from "./testing/seed-run.ts";

let database: TestDatabase;
let repositories: TestRepositories;
let place: { workspaceId: string; automationId: string; versionId: string };
beforeAll(async () => {
  database = await openTestDatabase();
  repositories = await openRepositories(database.url);
});
beforeEach(async () => {
  place = await newAutomation(await repositories.newWorkspace());
});
afterAll(async () => {
  await repositories.close();
  await database.close();
});

async function newAutomation(workspaceId: string) {
  const { automation } = await repositories.automations.create({ workspaceId, definition: exampleDefinition() });
  const { version } = await repositories.versions.publish({ workspaceId, id: automation.id, publishedBy: null });
  return { workspaceId, automationId: automation.id, versionId: version.id };
}

const failure = { code: "not_found" as const, message: "The customer is gone." };
const failed = {
  status: "failed",
  failureJson: JSON.stringify(failure),
  failureCode: failure.code,
  failedPath: "save",
};
const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);

const listIds = async (request: Omit<RunListRequest, "workspaceId"> = {}) =>
  (await repositories.runs.list({ workspaceId: place.workspaceId, ...request })).items.map((run) => run.id);

test("runs are listed newest first, across days, in pages that new runs do not shift", async () => {
  const ids: string[] = [];
  for (const hours of [50, 26, 25, 2, 1]) {
    ids.unshift((await seedRun(repositories.prisma, place, { at: hoursAgo(hours) })).runId);
  }
  const first = await repositories.runs.list({ workspaceId: place.workspaceId, limit: 2 });
  await seedRun(repositories.prisma, place);
  const second = await repositories.runs.list({
    ...{ workspaceId: place.workspaceId, limit: 3 },
    cursor: first.nextCursor ?? undefined,
  });
  expect([...first.items, ...second.items].map((run) => run.id)).toEqual(ids);
  expect(second.nextCursor).toBeNull();
});

test("filters by automation, status and time hold together", async () => {
  const other = await newAutomation(place.workspaceId);
  const old = await seedRun(repositories.prisma, place, { at: hoursAgo(72), ...failed });
  const middle = await seedRun(repositories.prisma, place, { at: hoursAgo(2), ...failed });
  const elsewhere = await seedRun(repositories.prisma, other, { at: hoursAgo(1), ...failed });
  const good = await seedRun(repositories.prisma, place, { at: hoursAgo(1) });
  const { automationId } = place;
  expect(await listIds({ status: ["failed"] })).toEqual([elsewhere.runId, middle.runId, old.runId]);
  expect(await listIds({ automationId, status: ["failed", "canceled"] })).toEqual([middle.runId, old.runId]);
  expect(await listIds({ automationId, status: [] })).toEqual([good.runId, middle.runId, old.runId]);
  expect(await listIds({ automationId, since: hoursAgo(3) })).toEqual([good.runId, middle.runId]);
  expect(await listIds({ since: hoursAgo(80), until: hoursAgo(3) })).toEqual([old.runId]);
  expect(await listIds({ until: hoursAgo(3), cursor: good.runId })).toEqual([old.runId]);
  expect(await listIds({ status: ["needs_review"] })).toEqual([]);
});

test("a summary names its automation and version, and why it failed", async () => {
  await seedRun(repositories.prisma, place, failed);
  const [run] = (await repositories.runs.list({ workspaceId: place.workspaceId })).items;
  expect(run).toMatchObject({
    automationId: place.automationId,
    versionId: place.versionId,
    automationName: "Save the name",
    versionNumber: 1,
    status: "failed",
    failure,
    failedPath: "save",
    reason: null,
  });
});

test("a run shows its event, its delivery and its steps in order", async () => {
  const { runId, eventId, deliveryId } = await seedRun(repositories.prisma, place);
  const startedAt = new Date();
  await repositories.prisma.stepRecord.create({
    data: {
      ...{ runId, workspaceId: place.workspaceId, path: "first[0].warn", position: 1, stepId: "warn", kind: "action" },
      ...{ action: "http.request", status: "failed", failureJson: JSON.stringify(failure), startedAt },
      ...{ attemptsJson: '[{"startedAt":"a","finishedAt":"b"}]', warningsJson: "[]", idempotencyKey: "key" },
    },
  });
  const run = await repositories.runs.get(place.workspaceId, runId);
  expect(run).toMatchObject({ id: runId, deliveryId, crashCount: 0, dueAt: null, retriedBy: [] });
  expect(run.event).toMatchObject({ id: eventId, method: "POST", query: "a=1", headers: [["x-event-id", "7"]] });
  expect(Buffer.from(run.event?.body ?? []).toString()).toBe('{"name":"Ada"}');
  expect(run.steps.map((step) => step.path)).toEqual(["save", "first[0].warn"]);
  expect(run.steps[0]).toMatchObject({ kind: "action", input: { key: "name" }, output: null, attempts: [] });
  expect(run.steps[1]).toEqual({
    ...{
      path: "first[0].warn",
      stepId: "warn",
      kind: "action",
      action: "http.request",
      status: "failed",
      failure,
      startedAt,
    },
    ...{ attempts: [{ startedAt: "a", finishedAt: "b" }], warnings: [], idempotencyKey: "key" },
  });
});

test("a retried run and its retries name each other", async () => {
  const first = await seedRun(repositories.prisma, place, { at: hoursAgo(30), ...failed });
  const retry = await seedRun(repositories.prisma, place, {
    ...{ retryOfRunId: first.runId, originRunId: first.runId, status: "queued", startedAt: null, finishedAt: null },
  });
  const { retriedBy } = await repositories.runs.get(place.workspaceId, first.runId);
  expect(retriedBy).toMatchObject([{ id: retry.runId, status: "queued" }]);
  expect(await repositories.runs.get(place.workspaceId, retry.runId)).toMatchObject({
    ...{ retryOfRunId: first.runId, originRunId: first.runId },
  });
});

test("a waiting run says why and until when", async () => {
  const reason = { kind: "retry", path: "save", attempt: 2, until: "2026-01-01T00:00:00.000Z", message: "Rate limit." };
  const dueAt = new Date();
  const { runId } = await seedRun(repositories.prisma, place, {
    ...{ status: "waiting", reasonJson: JSON.stringify(reason), dueAt, finishedAt: null },
  });
  expect(await repositories.runs.get(place.workspaceId, runId)).toMatchObject({ reason, dueAt, status: "waiting" });
});

test("a cursor that is no run's id is refused, and an unknown run is not found", async () => {
  for (const cursor of ["", "run_x", "dlv_01jd0000000000000000000000", "' OR 1=1"]) {
    await expect(listIds({ cursor })).rejects.toThrow(InvalidCursor);
  }
  await expect(repositories.runs.get(place.workspaceId, "run_x")).rejects.toThrow(NotFound);
});
