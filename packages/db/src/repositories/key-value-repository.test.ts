import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { NotFound } from "./not-found.ts";
import { openRepositories, type TestRepositories } from "./testing/open-repositories.ts";

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

const expire = (key: string) =>
  repositories.prisma.keyValue.update({
    where: { workspaceId_key: { workspaceId, key } },
    data: { expiresAt: new Date(Date.now() - 60_000) },
  });

test("a key that can not be is refused on writing and not found on reading", async () => {
  for (const key of ["", "nul \u0000", "x".repeat(1_025)]) {
    const setting = repositories.keyValues.set({ workspaceId, key, value: 1 });
    await expect(setting).rejects.toMatchObject({ code: "invalid_input", detail: { field: "key" } });
    expect(await repositories.keyValues.find(workspaceId, key)).toBeUndefined();
    await expect(repositories.keyValues.remove(workspaceId, key)).rejects.toThrow(NotFound);
  }
  const key = "k";
  await expect(repositories.keyValues.set({ workspaceId, key, value: 1, expiresInMs: 0 })).rejects.toThrow(
    /more than 0/,
  );
});

test("a value reads back as it was written, and each write raises its version", async () => {
  const value = { text: "nul \u0000", "": [null, 1.5, true], nested: { constructor: "plain" } };
  const first = await repositories.keyValues.set({ workspaceId, key: "k", value });
  expect(first).toMatchObject({ value, version: 1, expiresAt: null, updatedByRunId: null });
  expect(await repositories.keyValues.get(workspaceId, "k")).toEqual(first);
  const second = await repositories.keyValues.set({ workspaceId, key: "k", value: null });
  expect(second).toMatchObject({ value: null, version: 2, createdAt: first.createdAt });
});

test("writes by a person say that no run made them", async () => {
  await repositories.prisma.keyValue.create({
    data: { workspaceId, key: "k", valueJson: "1", updatedByRunId: "run_1" },
  });
  expect(await repositories.keyValues.find(workspaceId, "k")).toMatchObject({ updatedByRunId: "run_1" });
  expect(await repositories.keyValues.set({ workspaceId, key: "k", value: 2 })).toMatchObject({ updatedByRunId: null });
});

test("an expired entry is gone from everything, and a write makes a new one that stays", async () => {
  const set = { workspaceId, key: "k", value: 1 };
  const expiring = await repositories.keyValues.set({ ...set, expiresInMs: 3_600_000 });
  expect(expiring.expiresAt?.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
  await expire("k");
  expect(await repositories.keyValues.find(workspaceId, "k")).toBeUndefined();
  await expect(repositories.keyValues.get(workspaceId, "k")).rejects.toThrow(NotFound);
  expect((await repositories.keyValues.list({ workspaceId })).items).toEqual([]);
  const renewed = await repositories.keyValues.set(set);
  expect(renewed.expiresAt).toBeNull();
  expect(renewed.createdAt.getTime()).toBeGreaterThan(expiring.createdAt.getTime());
  await expire("k");
  await expect(repositories.keyValues.remove(workspaceId, "k")).rejects.toThrow(NotFound);
});

test("a prefix is plain text, and pages show each key once in order", async () => {
  const keys = ["a%b", "a_b", "a_c", "axb", "a", "b", "A_b"];
  for (const key of keys) await repositories.keyValues.set({ workspaceId, key, value: key });
  const list = async (prefix: string) =>
    (await repositories.keyValues.list({ workspaceId, prefix })).items.map((item) => item.key);
  expect(await list("a_")).toEqual(["a_b", "a_c"]);
  expect(await list("a%")).toEqual(["a%b"]);
  expect(await list("z")).toEqual([]);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await repositories.keyValues.list({ workspaceId, cursor, limit: 3 });
    seen.push(...page.items.map((item) => item.key));
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  expect(seen).toEqual([...keys].sort());
});

test("a list leaves out values that are large, and says how large", async () => {
  await repositories.keyValues.set({ workspaceId, key: "large", value: "x".repeat(20_000) });
  await repositories.keyValues.set({ workspaceId, key: "null", value: null });
  const { items } = await repositories.keyValues.list({ workspaceId });
  expect(items[0]).toMatchObject({ key: "large", sizeBytes: 20_002 });
  expect(items[0]).not.toHaveProperty("value");
  expect(items[1]).toMatchObject({ key: "null", value: null, sizeBytes: 4 });
});

test("a removed key is gone, and removing it again says so", async () => {
  await repositories.keyValues.set({ workspaceId, key: "k", value: 1 });
  await repositories.keyValues.remove(workspaceId, "k");
  expect(await repositories.keyValues.find(workspaceId, "k")).toBeUndefined();
  await expect(repositories.keyValues.remove(workspaceId, "k")).rejects.toThrow(NotFound);
});
