import { newId } from "@millrace/base";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Conflict } from "./conflict.ts";
import { InvalidCursor } from "./invalid-cursor.ts";
import { NotFound } from "./not-found.ts";
import { exampleDefinition, openRepositories, type TestRepositories } from "./testing/open-repositories.ts";
import { seedRun } from "./testing/seed-run.ts";

let database: TestDatabase;
let repositories: TestRepositories;
let workspaceId: string;
beforeAll(async () => {
  database = await openTestDatabase();
  repositories = await openRepositories(database.url);
});
beforeEach(async () => {
  workspaceId = await repositories.newWorkspace();
});
afterAll(async () => {
  await repositories.close();
  await database.close();
});

const create = async (name = "Save the name") =>
  (await repositories.automations.create({ workspaceId, definition: exampleDefinition({ name }) })).automation;

test("a new automation is an enabled draft with a webhook URL and nothing published", async () => {
  const definition = exampleDefinition();
  const { automation, webhookToken } = await repositories.automations.create({ workspaceId, definition });
  expect(automation).toMatchObject({ enabled: true, draft: definition, draftRevision: 1, published: null });
  expect(await repositories.automations.get(workspaceId, automation.id)).toEqual(automation);
  expect(await repositories.endpoints.getWebhookToken(workspaceId, automation.id)).toBe(webhookToken);
});

test("of two saves of the same revision one wins and the other is told the current revision", async () => {
  const { id } = await create();
  const save = (name: string) =>
    repositories.automations.saveDraft({
      workspaceId,
      id,
      definition: exampleDefinition({ name }),
      expectedRevision: 1,
    });
  const outcomes = await Promise.allSettled(["a", "b", "c"].map(save));
  const saved = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  expect(saved).toHaveLength(1);
  for (const reason of refused) {
    expect(reason).toBeInstanceOf(Conflict);
    expect(reason).toMatchObject({ facts: { currentRevision: 2 } });
  }
  expect(await repositories.automations.get(workspaceId, id)).toEqual(saved[0]);
});

test("text that PostgreSQL can't hold survives in a draft", async () => {
  const name = "nul \u0000 and half \ud800";
  const { automation } = await repositories.automations.create({
    workspaceId,
    definition: exampleDefinition({ name }),
  });
  expect((await repositories.automations.get(workspaceId, automation.id)).draft.name).toBe(name);
  expect((await repositories.automations.list({ workspaceId })).items[0]?.triggerType).toBe("webhook");
});

test("a name finds its automation, and one that several have is refused with their ids", async () => {
  const first = await create("Twice");
  expect(await repositories.automations.findByName(workspaceId, "Twice")).toEqual(first);
  expect(await repositories.automations.findByName(workspaceId, "Never")).toBeUndefined();
  await create("Twice");
  await expect(repositories.automations.findByName(workspaceId, "Twice")).rejects.toThrow(Conflict);
});

test("a removed automation is gone from every list and look-up, and its name is free", async () => {
  const { id } = await create("Removed");
  await repositories.automations.remove(workspaceId, id);
  const attempts = await Promise.allSettled([
    repositories.automations.get(workspaceId, id),
    repositories.automations.remove(workspaceId, id),
    repositories.automations.setEnabled({ workspaceId, id, enabled: true }),
    repositories.automations.saveDraft({ workspaceId, id, definition: exampleDefinition(), expectedRevision: 1 }),
    repositories.versions.publish({ workspaceId, id, publishedBy: null }),
    repositories.endpoints.rotateEndpoint({ workspaceId, automationId: id, overlapMs: 0 }),
  ]);
  for (const attempt of attempts) expect(attempt).toMatchObject({ status: "rejected", reason: expect.any(NotFound) });
  expect(await repositories.automations.findByName(workspaceId, "Removed")).toBeUndefined();
  expect((await repositories.automations.list({ workspaceId })).items).toEqual([]);
});

test("a list shows each automation once, the last changed first, across pages", async () => {
  const ids: string[] = [];
  for (let index = 0; index < 5; index++) ids.unshift((await create(`A${index}`)).id);
  // Two of one moment: the id decides.
  const updatedAt = new Date();
  await repositories.prisma.automation.updateMany({ where: { id: { in: ids.slice(0, 2) } }, data: { updatedAt } });
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await repositories.automations.list({ workspaceId, cursor, limit: 2 });
    seen.push(...page.items.map((item) => item.id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  expect(seen).toEqual(ids);
});

test("a cursor that is not from this list is refused", async () => {
  for (const cursor of ["", "x", Buffer.from("2026-99-99T99:99:99.999Z atm_' OR 1=1").toString("base64url")]) {
    await expect(repositories.automations.list({ workspaceId, cursor })).rejects.toThrow(InvalidCursor);
  }
});

test("the list tells the published version, the last run, and the runs and failures of seven days", async () => {
  const automation = await create();
  const { version } = await repositories.versions.publish({ workspaceId, id: automation.id, publishedBy: null });
  const place = { workspaceId, automationId: automation.id, versionId: version.id };
  const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
  await seedRun(repositories.prisma, place, { at: daysAgo(8) });
  await seedRun(repositories.prisma, place, { at: daysAgo(3) });
  const failed = { status: "failed", failureJson: '{"code":"not_found","message":"Gone."}', failureCode: "not_found" };
  await seedRun(repositories.prisma, place, { at: daysAgo(3), ...failed });
  const { runId } = await seedRun(repositories.prisma, place);
  await repositories.automations.saveDraft({
    ...{ workspaceId, id: automation.id, expectedRevision: 1 },
    definition: exampleDefinition({ trigger: { type: "manual" } }),
  });
  const [item] = (await repositories.automations.list({ workspaceId })).items;
  expect(item).toMatchObject({ publishedNumber: 1, triggerType: "webhook", hasUnpublishedChanges: true });
  expect(item?.lastRun).toMatchObject({ id: runId, status: "succeeded" });
  expect(item?.activity.map(({ runs, failed }) => [runs, failed])).toEqual([
    ...[
      [0, 0],
      [0, 0],
      [0, 0],
      [2, 1],
      [0, 0],
      [0, 0],
    ],
    [1, 0],
  ]);
  expect(item?.activity.at(-1)?.date).toBe(new Date().toISOString().slice(0, 10));
});

test("counting a busy day ends at the cap and says so", async () => {
  const { id: automationId } = await create();
  await repositories.prisma.run.createMany({
    data: Array.from({ length: 201 }, () => ({
      ...{ id: newId("run"), workspaceId, automationId, versionId: newId("version"), eventId: newId("event") },
      ...{ triggerType: "webhook", status: "queued", originRunId: newId("run"), queuedAt: new Date() },
    })),
  });
  const [item] = (await repositories.automations.list({ workspaceId })).items;
  expect(item?.activity.at(-1)).toMatchObject({ runs: 200, failed: 0, isCapped: true });
});
