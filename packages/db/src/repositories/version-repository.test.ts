import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Conflict } from "./conflict.ts";
import { InvalidCursor } from "./invalid-cursor.ts";
import { NotFound } from "./not-found.ts";
import { exampleDefinition, openRepositories, type TestRepositories } from "./testing/open-repositories.ts";

let database: TestDatabase;
let repositories: TestRepositories;
let workspaceId: string;
let id: string;
beforeAll(async () => {
  database = await openTestDatabase();
  repositories = await openRepositories(database.url);
});
beforeEach(async () => {
  workspaceId = await repositories.newWorkspace();
  id = (await repositories.automations.create({ workspaceId, definition: exampleDefinition() })).automation.id;
});
afterAll(async () => {
  await repositories.close();
  await database.close();
});

const publish = (expectedRevision?: number) =>
  repositories.versions.publish({ workspaceId, id, publishedBy: "user_1", expectedRevision });

const save = (name: string, expectedRevision: number) =>
  repositories.automations.saveDraft({ workspaceId, id, definition: exampleDefinition({ name }), expectedRevision });

test("publishing makes the draft the next version, and the same draft no further one", async () => {
  const first = await publish();
  expect(first).toMatchObject({ isNew: true, version: { number: 1, publishedBy: "user_1" } });
  expect(await publish()).toEqual({ ...first, isNew: false });
  await save("Changed", 1);
  expect(await publish()).toMatchObject({ isNew: true, version: { number: 2, definition: { name: "Changed" } } });
  const automation = await repositories.automations.get(workspaceId, id);
  expect(automation).toMatchObject({ published: { number: 2 }, hasUnpublishedChanges: false });
});

test("publishers at once make one version of one draft", async () => {
  const outcomes = await Promise.all(Array.from({ length: 5 }, () => publish()));
  expect(outcomes.filter((outcome) => outcome.isNew)).toHaveLength(1);
  expect(new Set(outcomes.map((outcome) => outcome.version.id)).size).toBe(1);
});

test("saves and publishes at once leave numbers without a gap and the last one published", async () => {
  let revision = 1;
  for (let round = 0; round < 5; round++) {
    await Promise.all([save(`Round ${round}`, revision), publish(), publish()]);
    revision++;
  }
  await publish();
  const { items } = await repositories.versions.listVersions({ workspaceId, automationId: id });
  expect(items.map((version) => version.number)).toEqual(items.map((_, index) => items.length - index));
  const { published } = await repositories.automations.get(workspaceId, id);
  expect(published?.versionId).toBe(items[0]?.id);
});

test("a draft that changed after it was checked is not published", async () => {
  await save("Unchecked", 1);
  await expect(publish(1)).rejects.toThrow(Conflict);
  await expect(publish(1)).rejects.toMatchObject({ facts: { currentRevision: 2 } });
  expect(await publish(2)).toMatchObject({ isNew: true });
});

test("versions are listed newest first in pages, and each can be read again", async () => {
  for (let revision = 1; revision <= 3; revision++) {
    await publish();
    await save(`Revision ${revision}`, revision);
  }
  const first = await repositories.versions.listVersions({ workspaceId, automationId: id, limit: 2 });
  const rest = await repositories.versions.listVersions({
    ...{ workspaceId, automationId: id, limit: 2 },
    cursor: first.nextCursor ?? "",
  });
  expect([...first.items, ...rest.items].map((version) => version.number)).toEqual([3, 2, 1]);
  expect(rest.nextCursor).toBeNull();
  expect((await repositories.versions.getVersion(workspaceId, id, 2)).definition.name).toBe("Revision 1");
  await expect(repositories.versions.getVersion(workspaceId, id, 4)).rejects.toThrow(NotFound);
  const cursor = "1; DROP TABLE versions";
  await expect(repositories.versions.listVersions({ workspaceId, automationId: id, cursor })).rejects.toThrow(
    InvalidCursor,
  );
});

test("an automation without versions has an empty list, and an unknown one none", async () => {
  expect((await repositories.versions.listVersions({ workspaceId, automationId: id })).items).toEqual([]);
  await expect(repositories.versions.listVersions({ workspaceId, automationId: "atm_x" })).rejects.toThrow(NotFound);
});

test("a run finds its definition after its automation was renamed or removed", async () => {
  const { version } = await publish();
  await save("Renamed", 1);
  await repositories.automations.remove(workspaceId, id);
  expect(await repositories.versions.getDefinition(workspaceId, version.id)).toEqual({
    automationName: "Renamed",
    definition: exampleDefinition(),
  });
  await expect(repositories.versions.getDefinition(workspaceId, "ver_x")).rejects.toThrow(NotFound);
});

test("publishing tells the claim and the retention what the definition says, and takes it back again", async () => {
  const settings = () =>
    repositories.prisma.automation.findUniqueOrThrow({
      where: { id },
      select: { concurrency: true, retentionDays: true, retentionMegabytes: true },
    });
  const saved = await repositories.automations.saveDraft({
    ...{ workspaceId, id, expectedRevision: 1 },
    definition: exampleDefinition({ concurrency: 5, retention: { days: 7, megabytes: 100 } }),
  });
  expect(await settings()).toEqual({ concurrency: null, retentionDays: null, retentionMegabytes: null });
  await publish();
  expect(await settings()).toEqual({ concurrency: 5, retentionDays: 7, retentionMegabytes: 100 });
  await save("Unlimited", saved.draftRevision);
  await publish();
  expect(await settings()).toEqual({ concurrency: null, retentionDays: null, retentionMegabytes: null });
});
