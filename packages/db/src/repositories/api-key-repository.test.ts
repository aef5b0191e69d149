import { ConfigError } from "@millrace/base";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { apiKeyScopes } from "./api-key-scopes.ts";
import { Conflict } from "./conflict.ts";
import { NotFound } from "./not-found.ts";
import { openRepositories, type TestRepositories } from "./testing/open-repositories.ts";

let database: TestDatabase;
let repositories: TestRepositories;
let workspaceId: string;
let now = new Date();
beforeAll(async () => {
  database = await openTestDatabase();
  repositories = await openRepositories(database.url, { now: () => now });
});
beforeEach(async () => {
  now = new Date();
  workspaceId = await repositories.newWorkspace();
});
afterAll(async () => {
  await repositories.close();
  await database.close();
});

const create = (changes: { expiresAt?: Date; scopes?: ("runs:read" | "keys:write")[] } = {}) =>
  repositories.apiKeys.create({ workspaceId, name: "CI", scopes: ["runs:read"], createdBy: null, ...changes });

test("a key opens its workspace with its scopes and is shown once", async () => {
  const { plain, ...key } = await create({ scopes: ["keys:write", "runs:read"] });
  expect(plain).toMatch(/^mlr_[0-9A-Za-z]{49}$/);
  expect(plain.startsWith(key.hint)).toBe(true);
  const scopes = ["runs:read", "keys:write"];
  expect(await repositories.apiKeys.findByKey(plain)).toEqual({ id: key.id, workspaceId, scopes });
  const { items } = await repositories.apiKeys.list({ workspaceId });
  expect(items).toMatchObject([{ id: key.id, name: "CI", scopes }]);
  expect(JSON.stringify(items)).not.toContain(plain);
});

test("a revoked, an expired and an unknown key open nothing", async () => {
  const revoked = await create();
  await repositories.apiKeys.revoke(workspaceId, revoked.id);
  await repositories.apiKeys.revoke(workspaceId, revoked.id);
  const expiring = await create({ expiresAt: new Date(now.getTime() + 1) });
  expect(await repositories.apiKeys.findByKey(expiring.plain)).toBeDefined();
  now = new Date(now.getTime() + 1);
  for (const plain of [revoked.plain, expiring.plain, "mlr_unknown", "", `${revoked.plain} `]) {
    expect(await repositories.apiKeys.findByKey(plain)).toBeUndefined();
  }
  await expect(repositories.apiKeys.revoke(workspaceId, "key_nobodys")).rejects.toThrow(NotFound);
});

test("use is noted at most once a minute", async () => {
  const { plain } = await create();
  const lastUsed = async () => (await repositories.apiKeys.list({ workspaceId })).items[0]?.lastUsedAt;
  const first = now;
  await repositories.apiKeys.findByKey(plain);
  now = new Date(first.getTime() + 59_000);
  await repositories.apiKeys.findByKey(plain);
  expect(await lastUsed()).toEqual(first);
  now = new Date(first.getTime() + 60_000);
  await repositories.apiKeys.findByKey(plain);
  expect(await lastUsed()).toEqual(now);
});

test("the operator's key has all scopes, is stored once, and stays revoked when a person revoked it", async () => {
  const plain = "chosen-by-the-operator-1";
  const keys = await Promise.all([1, 2, 3].map(() => repositories.apiKeys.ensure({ workspaceId, plain })));
  expect(new Set(keys.map((key) => key.id)).size).toBe(1);
  expect(await repositories.apiKeys.findByKey(plain)).toMatchObject({ workspaceId, scopes: [...apiKeyScopes] });
  expect(keys[0]?.hint).toBe("chos");
  await repositories.apiKeys.revoke(workspaceId, keys[0]?.id ?? "");
  expect(await repositories.apiKeys.ensure({ workspaceId, plain })).toMatchObject({ revokedAt: now });
  expect(await repositories.apiKeys.findByKey(plain)).toBeUndefined();
});

test("the operator's key is refused when it is short or another workspace's", async () => {
  await expect(repositories.apiKeys.ensure({ workspaceId, plain: "short" })).rejects.toThrow(ConfigError);
  const plain = "chosen-by-the-operator-2";
  await repositories.apiKeys.ensure({ workspaceId: await repositories.newWorkspace(), plain });
  await expect(repositories.apiKeys.ensure({ workspaceId, plain })).rejects.toThrow(Conflict);
});
