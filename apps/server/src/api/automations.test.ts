import { ApiError, createClient } from "@millrace/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { helloDefinition, openTestApi, type TestApi } from "./open-test-api.fixture.ts";

let api: TestApi;
let own: Awaited<ReturnType<TestApi["openWorkspace"]>>;
beforeAll(async () => {
  api = await openTestApi();
  own = await api.openWorkspace("automations");
});
afterAll(() => api.close());

describe("a draft", () => {
  test("comes with its webhook URL, a curl that fits it, and what it lacks", async () => {
    const automation = await own.client.automations.create({ definition: helloDefinition });
    expect(automation).toMatchObject({
      name: "Hello",
      draftRevision: 1,
      published: null,
      issues: [],
      triggerType: "webhook",
    });
    expect(automation.definition).toEqual(helloDefinition);
    expect(automation.webhookUrl).toMatch(new RegExp(`^${api.url}/hooks/[0-9A-Za-z]{20,}$`));
    expect(automation.sampleBody).toEqual({ name: "some name" });
    expect(automation.curl).toBe(
      `curl -X POST '${automation.webhookUrl}' -H 'content-type: application/json' -d '{"name":"some name"}'`,
    );
    expect(await own.client.automations.get({ automationId: automation.id })).toEqual(automation);
  });

  test("starts from a template that only lacks its connection", async () => {
    const automation = await own.client.automations.create({ template: "summarize-with-claude" });
    expect(automation.issues.map(({ code, path }) => [code, path])).toEqual([
      ["unknown_connection", "steps[0].connection"],
    ]);
    await expect(own.client.automations.create({ template: "nothing" })).rejects.toMatchObject({ status: 404 });
    await expect(own.client.automations.create({})).rejects.toMatchObject({ status: 400 });
  });

  test("is refused with the place and the nearest name where it is not well-formed", async () => {
    const wrong = { ...helloDefinition, stepps: [] };
    const error = await own.client.automations.create({ definition: wrong }).catch((caught) => caught);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 422, code: "definition_invalid" });
    expect(error.issues[0]).toMatchObject({ path: "stepps", nearest: "steps" });
  });

  test("is saved only on top of the revision that was read", async () => {
    const { id: automationId } = await own.client.automations.create({ definition: helloDefinition });
    const definition = { ...helloDefinition, name: "Renamed" };
    const saved = await own.client.automations.saveDraft({ automationId, definition, expectedRevision: 1 });
    expect(saved).toMatchObject({ name: "Renamed", draftRevision: 2 });
    const again = own.client.automations.saveDraft({ automationId, definition, expectedRevision: 1 });
    await expect(again).rejects.toMatchObject({ status: 409, code: "draft_changed" });
  });

  test("can be checked without being saved", async () => {
    const definition = { ...helloDefinition, steps: [{ id: "a", action: "keyvalue.sett", input: {} }] };
    const { issues } = await own.client.automations.check({ definition });
    expect(issues).toMatchObject([{ path: "steps[0].action", code: "unknown_action", nearest: "keyvalue.set" }]);
    expect((await own.client.automations.check({ definition: "nonsense" })).issues[0]?.code).toBe("malformed");
  });
});

describe("publishing", () => {
  test("makes numbered versions that can be read again", async () => {
    const { id: automationId } = await own.client.automations.create({ definition: helloDefinition });
    expect(await own.client.automations.publish({ automationId })).toMatchObject({ number: 1 });
    const definition = { ...helloDefinition, description: "Second" };
    await own.client.automations.saveDraft({ automationId, definition, expectedRevision: 1 });
    expect(await own.client.automations.publish({ automationId })).toMatchObject({ number: 2 });
    const { items } = await own.client.versions.list({ automationId });
    expect(items.map(({ number }) => number)).toEqual([2, 1]);
    expect((await own.client.versions.get({ automationId, number: 1 })).definition).toEqual(helloDefinition);
    await expect(own.client.versions.get({ automationId, number: 3 })).rejects.toMatchObject({ status: 404 });
  });

  test("is refused while something is wrong, and says what", async () => {
    const { id: automationId } = await own.client.automations.create({ template: "summarize-with-claude" });
    const error = await own.client.automations.publish({ automationId }).catch((caught) => caught);
    expect(error).toMatchObject({ status: 422, code: "definition_invalid" });
    expect(error.issues).toMatchObject([{ path: "steps[0].connection", code: "unknown_connection" }]);
  });
});

describe("push", () => {
  const definition = { ...helloDefinition, name: "Pushed" };

  test("creates once, then saves under the same name", async () => {
    const first = await own.client.automations.push({ definition, publish: true });
    expect(first).toMatchObject({ name: "Pushed", version: 1, created: true, issues: [] });
    expect(first.webhookUrl).toContain("/hooks/");
    expect(first.editorUrl).toBe(`${api.url}/automations/${first.id}`);
    const second = await own.client.automations.push({
      definition: { ...definition, description: "New" },
      publish: true,
    });
    expect(second).toMatchObject({ id: first.id, version: 2, created: false, webhookUrl: first.webhookUrl });
    expect((await own.client.automations.push({ definition })).version).toBe(2);
  });

  test("saves nothing that it was asked to publish and can't", async () => {
    const before = await own.client.automations.list();
    const wrong = { ...definition, name: "Unpublishable", steps: [{ id: "a", action: "nothing.here", input: {} }] };
    await expect(own.client.automations.push({ definition: wrong, publish: true })).rejects.toMatchObject({
      status: 422,
    });
    expect((await own.client.automations.list()).items.length).toBe(before.items.length);
  });
});

test("lists those that changed last first, page by page", async () => {
  const { client } = await api.openWorkspace("listing");
  const names = ["One", "Two", "Three"];
  for (const name of names) await client.automations.create({ definition: { ...helloDefinition, name } });
  const first = await client.automations.list({ limit: 2 });
  expect(first.items.map(({ name }) => name)).toEqual(["Three", "Two"]);
  expect(first.items[0]).toMatchObject({ publishedNumber: null, lastRun: null, triggerType: "webhook", enabled: true });
  expect(first.items[0]?.activity).toHaveLength(7);
  const rest = await client.automations.list({ limit: 2, cursor: first.nextCursor ?? "" });
  expect(rest).toMatchObject({ items: [{ name: "One" }], nextCursor: null });
  await expect(client.automations.list({ cursor: "nonsense" })).rejects.toMatchObject({ status: 400 });
});

test("is turned off and on, and deleted for good", async () => {
  const { id: automationId } = await own.client.automations.create({ definition: helloDefinition });
  expect((await own.client.automations.setEnabled({ automationId, enabled: false })).enabled).toBe(false);
  expect((await own.client.automations.setEnabled({ automationId, enabled: true })).enabled).toBe(true);
  await own.client.automations.delete({ automationId });
  await expect(own.client.automations.get({ automationId })).rejects.toMatchObject({ status: 404 });
});

test("mints a new URL while the old one goes on for the overlap", async () => {
  const { id: automationId, webhookUrl } = await own.client.automations.create({ definition: helloDefinition });
  const rotated = await own.client.automations.rotateEndpoint({ automationId, overlapSeconds: 60 });
  expect(rotated.webhookUrl).not.toBe(webhookUrl);
  expect((await own.client.automations.get({ automationId })).webhookUrl).toBe(rotated.webhookUrl);
  const manual = { ...helloDefinition, trigger: { type: "manual" as const } };
  const other = await own.client.automations.create({ definition: manual });
  expect(other).toMatchObject({ webhookUrl: null, curl: null });
  await expect(own.client.automations.rotateEndpoint({ automationId: other.id })).rejects.toMatchObject({
    status: 409,
  });
});

test("the URL, which alone starts runs, is not shown to those who may not start runs", async () => {
  const { id: automationId } = await own.client.automations.create({ definition: helloDefinition });
  const { workspaceId } = own;
  const reading = ["automations:read", "automations:write"] as const;
  const { plain } = await api.services.apiKeys.create({
    workspaceId,
    name: "reader",
    scopes: reading,
    createdBy: null,
  });
  const reader = createClient({ baseUrl: api.url, apiKey: plain });
  expect(await reader.automations.get({ automationId })).toMatchObject({ webhookUrl: null, curl: null });
});

test("shows samples: examples until something ran", async () => {
  const { id: automationId } = await own.client.automations.create({ template: "summarize-with-claude" });
  const samples = await own.client.automations.samples({ automationId });
  expect(samples.triggers).toMatchObject([{ source: "example", trigger: { body: { text: "some text" } } }]);
  expect(samples.stepSources).toEqual({ summarize: "example", save: "example" });
  expect(samples.runId).toBeNull();
});
