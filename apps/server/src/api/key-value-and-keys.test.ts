import { createClient } from "@millrace/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestApi, type TestApi } from "./open-test-api.fixture.ts";

let api: TestApi;
let own: Awaited<ReturnType<TestApi["openWorkspace"]>>;
beforeAll(async () => {
  api = await openTestApi();
  own = await api.openWorkspace("state");
});
afterAll(() => api.close());

describe("the key-value store", () => {
  test("keeps any JSON under any key", async () => {
    const values = { last_summary: "All well.", "a/b c?ü#%": { list: [1, null, "x"] }, nothing: null, yes: false };
    for (const [key, value] of Object.entries(values)) {
      expect(await own.client.keyvalue.put({ key, value })).toMatchObject({
        key,
        value,
        version: 1,
        updatedByRunId: null,
      });
      expect((await own.client.keyvalue.get({ key })).value).toEqual(value);
    }
    expect((await own.client.keyvalue.put({ key: "yes", value: true })).version).toBe(2);
  });

  test("forgets what expires or is deleted", async () => {
    const entry = await own.client.keyvalue.put({ key: "short", value: 1, expiresIn: "1h" });
    const hoursLeft = (Date.parse(entry.expiresAt ?? "") - Date.now()) / 3_600_000;
    expect(hoursLeft).toBeGreaterThan(0.9);
    expect(hoursLeft).toBeLessThan(1.1);
    await own.client.keyvalue.delete({ key: "short" });
    await expect(own.client.keyvalue.get({ key: "short" })).rejects.toMatchObject({ status: 404 });
    await expect(own.client.keyvalue.delete({ key: "short" })).rejects.toMatchObject({ status: 404 });
  });

  test("refuses keys and durations that can't be", async () => {
    await expect(own.client.keyvalue.put({ key: "a\u0000b", value: 1 })).rejects.toMatchObject({ status: 400 });
    await expect(own.client.keyvalue.put({ key: "k".repeat(513), value: 1 })).rejects.toMatchObject({ status: 400 });
    for (const expiresIn of ["0s", "soon", "1000001d"]) {
      await expect(own.client.keyvalue.put({ key: "k", value: 1, expiresIn })).rejects.toMatchObject({
        status: 400,
        issues: [{ path: "expiresIn" }],
      });
    }
  });

  test("lists by prefix, page by page", async () => {
    for (const name of ["a", "b", "c"]) await own.client.keyvalue.put({ key: `list/${name}`, value: name });
    const first = await own.client.keyvalue.list({ prefix: "list/", limit: 2 });
    expect(first.items.map(({ key, value }) => [key, value])).toEqual([
      ["list/a", "a"],
      ["list/b", "b"],
    ]);
    const rest = await own.client.keyvalue.list({ prefix: "list/", limit: 2, cursor: first.nextCursor ?? "" });
    expect(rest).toMatchObject({ items: [{ key: "list/c" }], nextCursor: null });
    await own.client.keyvalue.put({ key: "list/large", value: "x".repeat(20_000) });
    const large = (await own.client.keyvalue.list({ prefix: "list/large" })).items[0];
    expect(large).toMatchObject({ sizeBytes: 20_002 });
    expect(large).not.toHaveProperty("value");
  });
});

describe("an API key", () => {
  test("is shown once, works at once, and stops when it is revoked", async () => {
    const { apiKey, key } = await own.client.apiKeys.create({ name: "CI", scopes: ["runs:read"], expiresInDays: 30 });
    expect(apiKey).toMatchObject({ name: "CI", scopes: ["runs:read"], revokedAt: null });
    const client = createClient({ baseUrl: api.url, apiKey: key });
    expect(await client.account.me()).toMatchObject({
      ...{ user: null, role: null, scopes: ["runs:read"], apiKey: { id: apiKey.id } },
      workspace: { id: own.workspaceId, name: "state" },
    });
    expect((await client.runs.list()).items).toEqual([]);
    await expect(client.keyvalue.list()).rejects.toMatchObject({ status: 403, message: /keyvalue:read/ });
    const { items } = await own.client.apiKeys.list();
    expect(items.map(({ id }) => id)).toContain(apiKey.id);
    expect(JSON.stringify(items)).not.toContain(key);
    await own.client.apiKeys.revoke({ apiKeyId: apiKey.id });
    await expect(client.runs.list()).rejects.toMatchObject({ status: 401, code: "unauthenticated" });
  });

  test("hands out no more than it may itself", async () => {
    const { key } = await own.client.apiKeys.create({ name: "keys only", scopes: ["keys:write"] });
    const client = createClient({ baseUrl: api.url, apiKey: key });
    await expect(client.apiKeys.create({ name: "more", scopes: ["connections:write"] })).rejects.toMatchObject({
      status: 403,
    });
    expect((await client.apiKeys.create({ name: "same", scopes: ["keys:write"] })).apiKey.scopes).toEqual([
      "keys:write",
    ]);
  });
});
