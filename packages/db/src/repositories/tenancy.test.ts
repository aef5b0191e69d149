import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Conflict } from "./conflict.ts";
import { NotFound } from "./not-found.ts";
import { dumpTables } from "./testing/dump-tables.ts";
import { exampleDefinition, openRepositories, type TestRepositories } from "./testing/open-repositories.ts";
import { seedRun } from "./testing/seed-run.ts";

const database: TestDatabase = await openTestDatabase();
const repositories: TestRepositories = await openRepositories(database.url);
const { automations, versions, endpoints, connections, keyValues, runs, deliveries, apiKeys } = repositories;
afterAll(async () => {
  await repositories.close();
  await database.close();
});

const plain = "chosen-by-the-operator-3";
const credential = { apiKey: "canary-key-0123456789" };

/** A workspace with one of everything. */
async function furnish() {
  const ws = await repositories.newWorkspace();
  const step = { id: "ask", action: "acme.ask", connection: "main", input: {} };
  const definition = exampleDefinition({ name: "Owned", steps: [step] });
  const { automation } = await automations.create({ workspaceId: ws, definition });
  const { version } = await versions.publish({ workspaceId: ws, id: automation.id, publishedBy: null });
  const place = { workspaceId: ws, automationId: automation.id, versionId: version.id };
  const run = await seedRun(repositories.prisma, place);
  await keyValues.set({ workspaceId: ws, key: "owned", value: 1 });
  const named = { connectorId: "acme", name: "main", credential, plainFields: [] };
  const connection = await connections.create({ workspaceId: ws, ...named });
  const key = await apiKeys.create({ workspaceId: ws, name: "k", scopes: ["runs:read"], createdBy: null });
  return {
    workspaceId: ws,
    automationId: automation.id,
    versionId: version.id,
    ...run,
    connectionId: connection.id,
    keyId: key.id,
  };
}

type World = Awaited<ReturnType<typeof furnish>>;
type Attempt = (stranger: string, owned: World) => Promise<unknown>;
/** Those that serve the installation or find the workspace itself, or that make something new in the one that is named. */
type Exempt = "no workspace" | "creates";

const attempts: Record<string, Record<string, Attempt | Exempt>> = {
  workspaces: {
    createWithOwner: "creates",
    create: "creates",
    addOwner: "no workspace",
    get: "no workspace",
    setMaxRunningRuns: "no workspace",
    findForUser: "no workspace",
    list: "no workspace",
  },
  setup: { issueToken: "no workspace", isPending: "no workspace", consume: "no workspace" },
  apiKeys: {
    create: "creates",
    findByKey: "no workspace",
    ensure: (workspaceId) => apiKeys.ensure({ workspaceId, plain }),
    list: (workspaceId) => apiKeys.list({ workspaceId }),
    revoke: (workspaceId, { keyId }) => apiKeys.revoke(workspaceId, keyId),
  },
  automations: {
    create: "creates",
    list: (workspaceId) => automations.list({ workspaceId }),
    get: (workspaceId, { automationId }) => automations.get(workspaceId, automationId),
    findByName: (workspaceId) => automations.findByName(workspaceId, "Owned"),
    saveDraft: (workspaceId, { automationId: id }) =>
      automations.saveDraft({ workspaceId, id, definition: exampleDefinition(), expectedRevision: 1 }),
    setEnabled: (workspaceId, { automationId: id }) => automations.setEnabled({ workspaceId, id, enabled: false }),
    remove: (workspaceId, { automationId }) => automations.remove(workspaceId, automationId),
  },
  versions: {
    publish: (workspaceId, { automationId: id }) => versions.publish({ workspaceId, id, publishedBy: null }),
    listVersions: (workspaceId, { automationId }) => versions.listVersions({ workspaceId, automationId }),
    getVersion: (workspaceId, { automationId }) => versions.getVersion(workspaceId, automationId, 1),
    getDefinition: (workspaceId, { versionId }) => versions.getDefinition(workspaceId, versionId),
  },
  endpoints: {
    findByToken: "no workspace",
    getWebhookToken: (workspaceId, { automationId }) => endpoints.getWebhookToken(workspaceId, automationId),
    rotateEndpoint: (workspaceId, { automationId }) =>
      endpoints.rotateEndpoint({ workspaceId, automationId, overlapMs: 0 }),
  },
  connections: {
    create: "creates",
    list: (workspaceId) => connections.list({ workspaceId, connectorId: "acme" }),
    get: (workspaceId, { connectionId }) => connections.get(workspaceId, connectionId),
    findByName: (workspaceId) => connections.findByName(workspaceId, "acme", "main"),
    updateCredential: (workspaceId, { connectionId: id }) =>
      connections.updateCredential({ workspaceId, id, credential, plainFields: [] }),
    rename: (workspaceId, { connectionId: id }) => connections.rename({ workspaceId, id, name: "stolen" }),
    remove: (workspaceId, { connectionId }) => connections.remove(workspaceId, connectionId),
    setHealth: (workspaceId, { connectionId: id }) =>
      connections.setHealth({ workspaceId, id, version: 1, outcome: { status: "ok", account: null } }),
    touchLastUsed: (workspaceId, { connectionId }) => connections.touchLastUsed(workspaceId, connectionId),
    whereUsed: (workspaceId, { connectionId }) => connections.whereUsed(workspaceId, connectionId),
  },
  keyValues: {
    list: (workspaceId) => keyValues.list({ workspaceId, prefix: "own" }),
    find: (workspaceId) => keyValues.find(workspaceId, "owned"),
    get: (workspaceId) => keyValues.get(workspaceId, "owned"),
    set: "creates",
    remove: (workspaceId) => keyValues.remove(workspaceId, "owned"),
  },
  runs: {
    list: (workspaceId, { automationId }) => runs.list({ workspaceId, automationId }),
    get: (workspaceId, { runId }) => runs.get(workspaceId, runId),
  },
  deliveries: {
    list: (workspaceId, { automationId }) => deliveries.list({ workspaceId, automationId }),
    get: (workspaceId, { deliveryId }) => deliveries.get(workspaceId, deliveryId),
  },
};

let owned: World;
let stranger: string;
let before: string;
beforeAll(async () => {
  owned = await furnish();
  await apiKeys.ensure({ workspaceId: owned.workspaceId, plain });
  stranger = await repositories.newWorkspace();
  before = await dumpTables(database.pool);
});

test("every method of every repository is tried or says why not", () => {
  const methods = Object.entries(repositories.all).map(([name, methods]) => [name, Object.keys(methods).sort()]);
  const named = Object.entries(attempts).map(([name, methods]) => [name, Object.keys(methods).sort()]);
  expect(named).toEqual(methods);
});

const tried = Object.entries(attempts).flatMap(([repository, methods]) =>
  Object.entries(methods).flatMap(([method, attempt]) =>
    typeof attempt === "string" ? [] : [{ name: `${repository}.${method}`, attempt }],
  ),
);

test.each(tried)("$name finds and changes nothing of another workspace", async ({ name, attempt }) => {
  const outcome = await attempt(stranger, owned).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("error" in outcome) expect(outcome.error).toBeInstanceOf(name === "apiKeys.ensure" ? Conflict : NotFound);
  else expect([undefined, { items: [], nextCursor: null }]).toContainEqual(outcome.value);
  expect(await dumpTables(database.pool)).toBe(before);
});

test("the worker opens no other workspace's connection", async () => {
  await expect(repositories.credentials.open(stranger, "acme", "main")).rejects.toMatchObject({
    code: "connection_missing",
  });
  expect((await repositories.credentials.open(owned.workspaceId, "acme", "main")).connectionId).toBe(
    owned.connectionId,
  );
});

test("a foreign id as a filter or cursor shows nothing of its owner", async () => {
  const [mine, other] = [await furnish(), owned];
  const { workspaceId } = mine;
  expect((await runs.list({ workspaceId, automationId: other.automationId })).items).toEqual([]);
  const runIds = (await runs.list({ workspaceId, cursor: `run_${"7".padEnd(26, "z")}` })).items.map((run) => run.id);
  expect(runIds).toEqual([mine.runId]);
  expect((await deliveries.list({ workspaceId, automationId: other.automationId })).items).toEqual([]);
  // Rows that were forged to point at another workspace's things lead nowhere.
  await repositories.prisma.automation.update({
    where: { id: mine.automationId },
    data: { publishedVersionId: other.versionId },
  });
  expect((await automations.get(workspaceId, mine.automationId)).published).toBeNull();
  expect((await automations.list({ workspaceId })).items[0]?.publishedNumber).toBeNull();
  await repositories.prisma.run.update({ where: { id: mine.runId }, data: { eventId: other.eventId } });
  expect((await runs.get(workspaceId, mine.runId)).event).toBeNull();
});
