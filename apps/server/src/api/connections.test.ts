import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { helloDefinition, openTestApi, type TestApi } from "./open-test-api.fixture.ts";

const goodKey = "sk-ant-good-key";

let api: TestApi;
let own: Awaited<ReturnType<TestApi["openWorkspace"]>>;
beforeAll(async () => {
  api = await openTestApi();
  own = await api.openWorkspace("connections");
});
afterAll(() => api.close());

const connect = (name: string, fields: Record<string, string> = { apiKey: goodKey }) =>
  own.client.connections.create({ connector: "anthropic", name, fields });

describe("a connection", () => {
  test("takes secrets and shows only hints of them", async () => {
    const connection = await connect("main", { apiKey: goodKey, baseUrl: api.anthropic.url });
    expect(connection).toMatchObject({ connector: "anthropic", name: "main", health: "unknown", usedBy: [] });
    expect(connection.fields).toContainEqual({
      name: "apiKey",
      isSet: true,
      isSecret: true,
      hint: "-key",
      value: null,
    });
    expect(connection.fields).toContainEqual({
      ...{ name: "baseUrl", isSet: true, isSecret: false, hint: null },
      value: api.anthropic.url,
    });
    expect(JSON.stringify(connection)).not.toContain(goodKey);
  });

  test("names the field that is wrong, and never repeats what was entered", async () => {
    const unknown = await connect("x", { apiKey: goodKey, apiKye: "secret-value" }).catch((error) => error);
    expect(unknown).toMatchObject({ status: 400, issues: [{ path: "fields.apiKye", nearest: "apiKey" }] });
    const short = await connect("x", { apiKey: "s3cr3t with spaces" }).catch((error) => error);
    expect(short).toMatchObject({ status: 400, issues: [{ path: "fields.apiKey" }] });
    const missing = await connect("x", {}).catch((error) => error);
    expect(missing.issues[0].path).toBe("fields.apiKey");
    expect(JSON.stringify([unknown, short, missing])).not.toMatch(/secret-value|s3cr3t/);
  });

  test("has a name of its own and a connector that exists", async () => {
    await connect("twice");
    await expect(connect("twice")).rejects.toMatchObject({ status: 409, code: "name_taken" });
    const nowhere = own.client.connections.create({ connector: "antropic", name: "x", fields: {} });
    await expect(nowhere).rejects.toMatchObject({ status: 404, message: /Did you mean anthropic/ });
    const none = own.client.connections.create({ connector: "keyvalue", name: "x", fields: {} });
    await expect(none).rejects.toMatchObject({ status: 400 });
  });

  test("keeps the fields that an update leaves out", async () => {
    const { id } = await connect("kept", { apiKey: goodKey, baseUrl: api.anthropic.url });
    const renamed = await own.client.connections.update({ connectionId: id, name: "renamed", fields: { baseUrl: "" } });
    expect(renamed.name).toBe("renamed");
    expect(renamed.fields.map(({ name, isSet }) => [name, isSet])).toEqual([
      ["apiKey", true],
      ["baseUrl", false],
    ]);
    expect(await own.client.connections.test({ connectionId: id })).toMatchObject({ ok: true });
  });

  test("is deleted at once, unless automations use it", async () => {
    const { id } = await connect("used");
    const steps = [{ id: "ask", action: "anthropic.messageToAi", connection: "used", input: { prompt: "Hi" } }];
    const automation = await own.client.automations.create({ definition: { ...helloDefinition, name: "User", steps } });
    const { usedBy } = await own.client.connections.get({ connectionId: id });
    expect(usedBy).toEqual([{ id: automation.id, name: "User", inDraft: true, inPublished: false }]);
    const error = await own.client.connections.delete({ connectionId: id }).catch((caught) => caught);
    expect(error).toMatchObject({ status: 409, code: "connection_in_use", message: /User/ });
    await own.client.connections.delete({ connectionId: id, force: "true" });
    await expect(own.client.connections.get({ connectionId: id })).rejects.toMatchObject({ status: 404 });
  });

  test("is listed by connector, page by page", async () => {
    const { client } = await api.openWorkspace("connection-list");
    for (const name of ["a", "b", "c"]) {
      await client.connections.create({ connector: "anthropic", name, fields: { apiKey: goodKey } });
    }
    const first = await client.connections.list({ connector: "anthropic", limit: 2 });
    expect(first.items.map(({ name }) => name)).toEqual(["a", "b"]);
    const rest = await client.connections.list({ connector: "anthropic", limit: 2, cursor: first.nextCursor ?? "" });
    expect(rest.items.map(({ name }) => name)).toEqual(["c"]);
    expect((await client.connections.list({ connector: "http" })).items).toEqual([]);
  });
});

describe("a test of a connection", () => {
  test("tells whether the service takes it, and remembers", async () => {
    const good = await connect("good");
    expect(await own.client.connections.test({ connectionId: good.id })).toMatchObject({ ok: true });
    expect(await own.client.connections.get({ connectionId: good.id })).toMatchObject({ health: "ok", failure: null });
    const bad = await connect("bad", { apiKey: "sk-ant-wrong-key" });
    const result = await own.client.connections.test({ connectionId: bad.id });
    expect(result).toMatchObject({ ok: false, failure: { code: "credential_rejected", nextStep: "reconnect" } });
    const shown = await own.client.connections.get({ connectionId: bad.id });
    expect(shown).toMatchObject({ health: "failing", failure: { code: "credential_rejected" } });
    expect(JSON.stringify([result, shown])).not.toContain("sk-ant-wrong-key");
  });

  test("can come before it is stored", async () => {
    const before = (await own.client.connections.list()).items.length;
    expect(
      await own.client.connections.testUnsaved({ connector: "anthropic", fields: { apiKey: goodKey } }),
    ).toMatchObject({ ok: true });
    const wrong = await own.client.connections.testUnsaved({
      connector: "anthropic",
      fields: { apiKey: "sk-ant-wrong-key" },
    });
    expect(wrong).toMatchObject({ ok: false, failure: { code: "credential_rejected" } });
    expect((await own.client.connections.list()).items.length).toBe(before);
  });
});

describe("the catalog", () => {
  test("has every connector with its fields, actions and JSON Schemas", async () => {
    const { items } = await own.client.connectors.list();
    expect(items.map(({ id }) => id)).toEqual(expect.arrayContaining(["anthropic", "http", "keyvalue"]));
    const anthropic = await own.client.connectors.get({ connectorId: "anthropic" });
    expect(anthropic.connection?.fields[0]).toMatchObject({ name: "apiKey", isSecret: true, isRequired: true });
    const action = anthropic.actions.find(({ name }) => name === "messageToAi");
    expect(action).toMatchObject({ id: "anthropic.messageToAi", connection: "required", optionFields: ["model"] });
    expect(action?.input).toMatchObject({ type: "object", properties: { prompt: { title: "Prompt" } } });
    expect(items.find(({ id }) => id === "keyvalue")?.connection).toBeNull();
    await expect(own.client.connectors.get({ connectorId: "nothing" })).rejects.toMatchObject({ status: 404 });
  });

  test("asks the service for a field's choices, and says why where there are none", async () => {
    await connect("choices");
    const field = { connectorId: "anthropic", action: "messageToAi", field: "model" };
    const { options, problem } = await own.client.connectors.options({ ...field, connection: "choices" });
    expect(problem).toBeNull();
    expect(options.length).toBeGreaterThan(0);
    const without = await own.client.connectors.options({ ...field, connection: "not there" });
    expect(without).toMatchObject({ options: [], problem: /no anthropic connection named "not there"/ });
    await expect(own.client.connectors.options({ ...field, field: "prompt" })).rejects.toMatchObject({ status: 404 });
  });
});

describe("a webhook signing secret", () => {
  const verified = (secret: string) => ({
    ...helloDefinition,
    name: `Verified by ${secret}`,
    trigger: { type: "webhook" as const, verify: { preset: "github" as const, secret } },
  });
  const add = (name: string) =>
    own.client.connections.create({ connector: "webhook", name, fields: { secret: "  It's a secret\n" } });

  test("is in the catalog without an action, and is stored as every credential is", async () => {
    const { items } = await own.client.connectors.list();
    const connector = items.find(({ id }) => id === "webhook");
    expect(connector).toMatchObject({ title: "Webhook signing secret", actions: [] });
    expect(connector?.connection?.fields).toMatchObject([{ name: "secret", isSecret: true, isRequired: true }]);
    const created = await add("github");
    expect(JSON.stringify(created)).not.toContain("It's a secret");
    expect(await own.client.connections.test({ connectionId: created.id })).toEqual({ ok: true, account: null });
    const updated = await own.client.connections.update({ connectionId: created.id, fields: { secret: "another" } });
    expect(updated.id).toBe(created.id);
    const blank = own.client.connections.create({ connector: "webhook", name: "blank", fields: { secret: " " } });
    await expect(blank).rejects.toMatchObject({ status: 400, issues: [{ path: "fields.secret" }] });
  });

  test("must be there when a trigger that names it is published, and can't be deleted by accident after", async () => {
    const { id } = await add("github-hooks");
    const wrong = own.client.automations.push({ definition: verified("github-hook"), publish: true });
    await expect(wrong).rejects.toMatchObject({
      status: 422,
      issues: [{ path: "trigger.verify.secret", code: "unknown_secret", nearest: "github-hooks" }],
    });
    await own.client.automations.push({ definition: verified("github-hooks"), publish: true });
    expect((await own.client.connections.get({ connectionId: id })).usedBy).toMatchObject([
      { name: "Verified by github-hooks", inPublished: true },
    ]);
    await expect(own.client.connections.delete({ connectionId: id })).rejects.toMatchObject({ status: 409 });
  });
});
