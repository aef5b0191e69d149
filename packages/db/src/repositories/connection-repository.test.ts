import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Conflict } from "./conflict.ts";
import { InvalidCursor } from "./invalid-cursor.ts";
import { NotFound } from "./not-found.ts";
import { exampleDefinition, openRepositories, type TestRepositories } from "./testing/open-repositories.ts";

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

const secret = "sk-ant-canary-0123456789";
const plainFields = ["baseUrl"];

const create = (
  name = "main",
  credential: Record<string, string | null> = { apiKey: secret, baseUrl: "https://a.example" },
) => repositories.connections.create({ workspaceId, connectorId: "anthropic", name, credential, plainFields });

test("a connection shows that a secret is set, with a hint, and plain fields in full", async () => {
  const connection = await create("main", { apiKey: secret, pin: "1234", baseUrl: "https://a.example", note: null });
  expect(connection.fields).toEqual({
    apiKey: { isSet: true, isSecret: true, hint: "6789" },
    pin: { isSet: true, isSecret: true, hint: null },
    baseUrl: { isSet: true, isSecret: false, hint: null, value: "https://a.example" },
    note: { isSet: false, isSecret: true, hint: null },
  });
  expect(connection).toMatchObject({ version: 1, health: { status: "unknown" }, lastUsedAt: null });
  expect(await repositories.connections.get(workspaceId, connection.id)).toEqual(connection);
  expect(await repositories.connections.findByName(workspaceId, "anthropic", "main")).toEqual(connection);
  expect(await repositories.connections.findByName(workspaceId, "slack", "main")).toBeUndefined();
});

test("an update replaces the fields that it names, clears those it empties, and keeps the rest", async () => {
  const { id } = await create("main", { apiKey: secret, baseUrl: "https://a.example", org: "o-1" });
  const updated = await repositories.connections.updateCredential({
    ...{ workspaceId, id, plainFields },
    credential: { baseUrl: "https://b.example", org: "" },
  });
  expect(updated.version).toBe(2);
  expect(updated.fields).toMatchObject({ apiKey: { isSet: true }, org: { isSet: false } });
  const opened = await repositories.credentials.open(workspaceId, "anthropic", "main");
  expect({ ...opened.fields }).toEqual({ apiKey: secret, baseUrl: "https://b.example" });
});

test("updates at once all count and lose no field", async () => {
  const { id } = await create();
  const names = ["a", "b", "c", "d"];
  await Promise.all(
    names.map((name) =>
      repositories.connections.updateCredential({
        workspaceId,
        id,
        plainFields,
        credential: { [name]: `value of ${name}` },
      }),
    ),
  );
  expect(await repositories.connections.get(workspaceId, id)).toMatchObject({ version: 5 });
  const { fields } = await repositories.credentials.open(workspaceId, "anthropic", "main");
  expect(Object.keys(fields)).toEqual(expect.arrayContaining(["apiKey", "baseUrl", ...names]));
});

test("a credential whose vault key is lost can be entered again as a whole, but not in part", async () => {
  const { id } = await create();
  const other = await openRepositories(database.url);
  try {
    const update = { workspaceId, id, plainFields };
    const inPart = other.connections.updateCredential({ ...update, credential: { baseUrl: "https://b.example" } });
    await expect(inPart).rejects.toThrow(/does not open/);
    await other.connections.updateCredential({ ...update, credential: { apiKey: "new", baseUrl: null } });
    expect({ ...(await other.credentials.open(workspaceId, "anthropic", "main")).fields }).toEqual({ apiKey: "new" });
  } finally {
    await other.close();
  }
});

test("a name is taken once in a connector, whether by a new connection or by a renamed one", async () => {
  const outcomes = await Promise.allSettled([create("main"), create("main"), create("main")]);
  expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(1);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") expect(outcome.reason).toBeInstanceOf(Conflict);
  }
  const { id } = await create("spare");
  await expect(repositories.connections.rename({ workspaceId, id, name: "main" })).rejects.toThrow(Conflict);
  await repositories.connections.rename({ workspaceId, id, name: "second" });
  expect((await repositories.credentials.open(workspaceId, "anthropic", "second")).connectionId).toBe(id);
});

test("connections are listed by connector and name, in pages that a removal does not disturb", async () => {
  for (const name of ["c", "a/b", "a"]) await create(name);
  await repositories.connections.create({ workspaceId, connectorId: "http", name: "a", credential: {}, plainFields });
  const first = await repositories.connections.list({ workspaceId, limit: 2 });
  expect(first.items.map((item) => item.name)).toEqual(["a", "a/b"]);
  await repositories.connections.remove(workspaceId, first.items[1]?.id ?? "");
  const rest = await repositories.connections.list({ workspaceId, cursor: first.nextCursor ?? "" });
  expect(rest.items.map((item) => [item.connectorId, item.name])).toEqual([
    ["anthropic", "c"],
    ["http", "a"],
  ]);
  expect((await repositories.connections.list({ workspaceId, connectorId: "http" })).items).toHaveLength(1);
  await expect(repositories.connections.list({ workspaceId, cursor: "x" })).rejects.toThrow(InvalidCursor);
});

test("a check's outcome stays until the credential changes, and an older credential's is ignored", async () => {
  const { id } = await create();
  const check = { workspaceId, id, version: 1 };
  const failure = { code: "credential_rejected" as const, message: "The key was refused." };
  await repositories.connections.setHealth({ ...check, outcome: { status: "failing", failure } });
  expect((await repositories.connections.get(workspaceId, id)).health).toEqual({
    status: "failing",
    failure,
    checkedAt: now,
  });
  const ok = { status: "ok" as const, account: "Acme" };
  const checked = await repositories.connections.setHealth({ ...check, outcome: ok });
  expect(checked.health).toEqual({ ...ok, checkedAt: now });
  const credential = { apiKey: "another key" };
  const updated = await repositories.connections.updateCredential({ workspaceId, id, plainFields, credential });
  expect(updated.health).toEqual({ status: "unknown" });
  const late = await repositories.connections.setHealth({ ...check, outcome: ok });
  expect(late.health).toEqual({ status: "unknown" });
});

test("where a connection is used comes from drafts and published versions, by connector and exact name", async () => {
  const { id } = await create('ma"in');
  const step = (connection: string, action = "anthropic.messageToAi") => ({ id: "ask", action, connection, input: {} });
  const build = async (name: string, connection: string, action?: string) => {
    const steps = [{ id: "b", branch: [{ otherwise: [step(connection, action)] }] }];
    const definition = exampleDefinition({ name, steps });
    return (await repositories.automations.create({ workspaceId, definition })).automation;
  };
  const published = await build("Published", 'ma"in');
  await repositories.versions.publish({ workspaceId, id: published.id, publishedBy: null });
  const definition = exampleDefinition({ name: "Published", steps: [] });
  await repositories.automations.saveDraft({ workspaceId, id: published.id, definition, expectedRevision: 1 });
  const drafted = await build("Drafted", 'ma"in');
  await build("Other connector", 'ma"in', "slack.postMessage");
  await build("Other name", "main");
  const removed = await build("Removed", 'ma"in');
  await repositories.automations.remove(workspaceId, removed.id);
  expect(await repositories.connections.whereUsed(workspaceId, id)).toEqual([
    { automationId: drafted.id, name: "Drafted", inDraft: true, inPublished: false },
    { automationId: published.id, name: "Published", inDraft: false, inPublished: true },
  ]);
});

test("use is noted at most once a minute", async () => {
  const { id } = await create();
  const lastUsed = async () => (await repositories.connections.get(workspaceId, id)).lastUsedAt;
  const first = now;
  await repositories.connections.touchLastUsed(workspaceId, id);
  now = new Date(first.getTime() + 59_000);
  await repositories.credentials.open(workspaceId, "anthropic", "main");
  await repositories.connections.touchLastUsed(workspaceId, id);
  expect(await lastUsed()).toEqual(first);
  now = new Date(first.getTime() + 60_000);
  await repositories.credentials.open(workspaceId, "anthropic", "main");
  expect(await lastUsed()).toEqual(now);
});

test("a removed connection is gone with its credential", async () => {
  const { id } = await create();
  await repositories.connections.remove(workspaceId, id);
  await expect(repositories.connections.get(workspaceId, id)).rejects.toThrow(NotFound);
  await expect(repositories.connections.remove(workspaceId, id)).rejects.toThrow(NotFound);
  expect(await repositories.prisma.connection.count({ where: { workspaceId } })).toBe(0);
});
