import { createClient } from "@millrace/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { helloDefinition, openTestApi, recordFailedRun, type TestApi } from "./open-test-api.fixture.ts";

let api: TestApi;
let own: Awaited<ReturnType<TestApi["openWorkspace"]>>;
beforeAll(async () => {
  api = await openTestApi();
  own = await api.openWorkspace("runs");
});
afterAll(() => api.close());

test("a run started by hand is committed, rung and announced", async () => {
  const { id: automationId } = await own.client.automations.create({ definition: helloDefinition });
  await expect(own.client.automations.run({ automationId })).rejects.toMatchObject({
    status: 409,
    code: "not_published",
  });
  await own.client.automations.publish({ automationId });
  const { runId, status } = await own.client.automations.run({ automationId, body: { name: "Ada" } });
  expect(status).toBe("queued");
  expect(api.rings.at(-1)).toEqual([runId]);
  const run = await own.client.runs.get({ runId });
  expect(run).toMatchObject({
    ...{ id: runId, status: "queued", triggerType: "manual", steps: [], canCancel: true, canRetry: false },
    automation: { id: automationId, name: "Hello" },
    version: { number: 1 },
    trigger: { method: "POST", contentType: "application/json", body: { kind: "json", value: { name: "Ada" } } },
  });
  expect(run.reason).toMatch(/^No worker has taken it for \d+ s\.$/);
});

test("a run shows what each step did, in the shape that scripts rely on", async () => {
  const { runId } = await recordFailedRun(api, own.client, own.workspaceId, "Shape");
  const run = await own.client.runs.get({ runId });
  expect(run).toMatchObject({
    status: "failed",
    reason: "Step save failed: It answered 503.",
    failedPath: "save",
    canRetry: true,
  });
  expect(run.failure).toMatchObject({ code: "provider_unavailable", nextStep: "retry" });
  const [greeting, save] = run.steps;
  expect(greeting).toMatchObject({
    path: "greeting",
    action: null,
    status: "succeeded",
    output: { text: "Hello, Ada!" },
    failure: null,
  });
  expect(save).toMatchObject({
    ...{ path: "save", action: "keyvalue.set", status: "failed", output: null },
    input: { key: "last_greeting", value: "Hello, Ada!" },
    failure: { code: "provider_unavailable", message: "It answered 503." },
    attempts: [{ failure: { code: "provider_unavailable" } }],
  });
  for (const key of ["path", "action", "status", "input", "output", "failure", "attempts", "startedAt", "finishedAt"]) {
    expect(save).toHaveProperty(key);
  }
});

test("a retry goes on in a new run, linked both ways, and only where the status allows it", async () => {
  const { runId } = await recordFailedRun(api, own.client, own.workspaceId, "Retried");
  const retried = await own.client.runs.retry({ runId });
  expect(retried.runId).not.toBe(runId);
  expect(api.rings.at(-1)).toEqual([retried.runId]);
  expect((await own.client.runs.get({ runId: retried.runId })).retryOf).toBe(runId);
  expect((await own.client.runs.get({ runId })).retriedBy).toMatchObject([{ id: retried.runId, status: "queued" }]);
  const again = own.client.runs.retry({ runId: retried.runId });
  await expect(again).rejects.toMatchObject({ status: 409, code: "run_state" });
});

test("a run that waits can be canceled, once", async () => {
  const { id: automationId } = await own.client.automations.create({ definition: helloDefinition });
  await own.client.automations.publish({ automationId });
  const { runId } = await own.client.automations.run({ automationId });
  expect(await own.client.runs.cancel({ runId })).toEqual({ runId, status: "canceled" });
  expect(await own.client.runs.get({ runId })).toMatchObject({
    status: "canceled",
    reason: "An API key canceled this run.",
  });
  await expect(own.client.runs.cancel({ runId })).rejects.toMatchObject({ status: 409, code: "run_state" });
});

test("canceling a run rings for the one that its order key held back", async () => {
  const { id: automationId } = await own.client.automations.create({ definition: helloDefinition });
  await own.client.automations.publish({ automationId });
  const { runId: first } = await own.client.automations.run({ automationId });
  const { runId: second } = await own.client.automations.run({ automationId });
  await api.pool.query("UPDATE runs SET order_key = 'k' WHERE automation_id = $1", [automationId]);
  await own.client.runs.cancel({ runId: first });
  expect(api.rings.at(-1)).toEqual([second]);
});

test("lists runs by automation, status and time", async () => {
  const { client, workspaceId } = await api.openWorkspace("run-list");
  const before = new Date(Date.now() - 60_000).toISOString();
  const { automation, runId } = await recordFailedRun(api, client, workspaceId);
  const { runId: queued } = await client.automations.run({ automationId: automation.id });
  expect((await client.runs.list()).items.map(({ id }) => id)).toEqual([queued, runId]);
  expect((await client.runs.list({ status: "failed" })).items.map(({ id }) => id)).toEqual([runId]);
  expect((await client.runs.list({ automationId: automation.id, since: before, limit: 1 })).items).toHaveLength(1);
  expect((await client.runs.list({ until: before })).items).toEqual([]);
  const page = await client.runs.list({ limit: 1 });
  expect((await client.runs.list({ limit: 1, cursor: page.nextCursor ?? "" })).items[0]?.id).toBe(runId);
  const listed = (await client.automations.list()).items[0];
  expect(listed?.lastRun).toMatchObject({ id: queued, status: "queued" });
  expect(listed?.activity.at(-1)).toMatchObject({ runs: 2, failed: 1 });
});

test("a list says what holds a run back, as the run itself does", async () => {
  const { client } = await api.openWorkspace("held-back");
  const { id: automationId } = await client.automations.create({ definition: { ...helloDefinition, concurrency: 1 } });
  await client.automations.publish({ automationId });
  const { runId: first } = await client.automations.run({ automationId });
  const { runId: second } = await client.automations.run({ automationId });
  await api.store.claim({ workerId: "w1", leaseMs: 60_000, limit: 1, runIds: [first] });
  const { items } = await client.runs.list({ automationId });
  expect(items.find(({ id }) => id === second)?.reason).toBe("Held back: 1 of 1 runs of this automation are running.");
  expect((await client.runs.get({ runId: second })).reason).toBe(items.find(({ id }) => id === second)?.reason);
});

test("a sample of a step is what it gave last", async () => {
  const { automation, runId } = await recordFailedRun(api, own.client, own.workspaceId, "Sampled");
  const samples = await own.client.automations.samples({ automationId: automation.id });
  expect(samples).toMatchObject({ runId, steps: { greeting: { text: "Hello, Ada!" } } });
  expect(samples.stepSources).toEqual({ greeting: "run", save: "example" });
});

test("a duplicate with another body is marked, and shows what it brought", async () => {
  const automation = await own.client.automations.create({ definition: { ...helloDefinition, name: "Conflicting" } });
  const { id: versionId } = await own.client.automations.publish({ automationId: automation.id });
  const send = (body: string) =>
    api.intake.accept({
      ...{ workspaceId: own.workspaceId, automationId: automation.id, versionId, endpointId: automation.id },
      ...{ dedupeKey: "e1", sourceIp: null },
      event: {
        ...{ method: "POST", query: "", headers: [], contentType: "application/json", receivedAt: new Date() },
        body: new TextEncoder().encode(body),
      },
    });
  const first = await send('{"total":1}');
  await send('{"total":1}');
  const conflicting = await send('{"total":2}');
  const { items } = await own.client.deliveries.list({ automationId: automation.id });
  expect(items.map(({ verdict, isConflict, runId }) => [verdict, isConflict, runId])).toEqual([
    ["duplicate", true, first.runId],
    ["duplicate", false, first.runId],
    ["accepted", false, first.runId],
  ]);
  expect(await own.client.deliveries.get({ deliveryId: conflicting.deliveryId })).toMatchObject({
    isConflict: true,
    reason: "The first request with this key had another body.",
    event: { body: { kind: "json", value: { total: 2 } } },
  });
});

test("a delivery shows the request, the verdict and the exact answer, and keeps its secrets", async () => {
  const automation = await own.client.automations.create({ definition: { ...helloDefinition, name: "Delivered" } });
  const { id: versionId } = await own.client.automations.publish({ automationId: automation.id });
  const token = automation.webhookUrl?.split("/").at(-1) ?? "";
  const endpoint = await api.endpoints.findByToken(token);
  const accepted = await api.intake.accept({
    ...{ workspaceId: own.workspaceId, automationId: automation.id, versionId, endpointId: endpoint?.endpointId ?? "" },
    ...{ dedupeKey: "e1", sourceIp: "192.0.2.7" },
    event: {
      ...{
        method: "POST",
        query: "page=2&access_token=query-secret",
        contentType: "application/json",
        receivedAt: new Date(),
      },
      headers: [
        ["Content-Type", "application/json"],
        ["Authorization", "Bearer header-secret"],
        ["X-Event-Id", "e1"],
      ],
      body: new TextEncoder().encode('{"name":"Ada","id":12345678901234567890}'),
    },
  });
  const { items } = await own.client.deliveries.list({ automationId: automation.id });
  expect(items).toMatchObject([{ id: accepted.deliveryId, verdict: "accepted", automation: { name: "Delivered" } }]);
  const delivery = await own.client.deliveries.get({ deliveryId: accepted.deliveryId });
  expect(delivery).toMatchObject({ runId: accepted.runId, dedupeKey: "e1", sourceIp: "192.0.2.7", answerStatus: 202 });
  expect(JSON.parse(delivery.answerBody)).toEqual({ runId: accepted.runId, status: "queued" });
  expect(delivery.event?.headers).toContainEqual({ name: "Authorization", value: "[redacted]" });
  expect(delivery.event?.headers).toContainEqual({ name: "X-Event-Id", value: "e1" });
  expect(delivery.event?.query).toContainEqual({ name: "access_token", value: "[redacted]" });
  expect(delivery.event?.body).toEqual({
    kind: "json",
    value: { name: "Ada", id: "12345678901234567890" },
    findings: [{ path: "id", kind: "unsafe_integer" }],
  });
  const samples = await own.client.automations.samples({ automationId: automation.id });
  expect(samples.triggers[0]).toMatchObject({
    id: accepted.deliveryId,
    source: "delivery",
    trigger: { body: { name: "Ada" } },
  });
  const shown = JSON.stringify([delivery, samples, await own.client.runs.get({ runId: accepted.runId })]);
  expect(shown).not.toMatch(/header-secret|query-secret/);
});

test("a multipart form is shown and sampled by its fields, and a broken one as it came", async () => {
  const automation = await own.client.automations.create({ definition: { ...helloDefinition, name: "Forms" } });
  const send = async (body: string) => {
    const { deliveryId } = await api.intake.refuse({
      ...{ workspaceId: own.workspaceId, automationId: automation.id, endpointId: automation.id, sourceIp: null },
      ...{ verdict: "rejected", reason: "Not published.", answer: { status: 409, body: "" } },
      event: {
        ...{ method: "POST", query: "", headers: [], receivedAt: new Date(), body: Buffer.from(body, "latin1") },
        contentType: "multipart/form-data; boundary=x",
      },
    });
    return (await own.client.deliveries.get({ deliveryId })).event?.body;
  };
  const file =
    '--x\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n\xff\r\n';
  const malformed = "the form ends before its closing boundary";
  expect(await send(file)).toEqual({
    kind: "binary",
    base64: Buffer.from(file, "latin1").toString("base64"),
    malformed,
  });
  const value = { f: { name: "a.png", type: "image/png", size: 1, base64: "/w==" } };
  expect(await send(`${file}--x--`)).toEqual({ kind: "multipart", value });
  const { triggers } = await own.client.automations.samples({ automationId: automation.id });
  expect(triggers[0]?.trigger.body).toEqual(value);
});

test("an id that is no id is refused, and one that names nothing is not found", async () => {
  const client = createClient({ baseUrl: api.url, apiKey: own.key });
  await expect(client.runs.get({ runId: "nonsense" })).rejects.toMatchObject({
    status: 400,
    issues: [{ path: "runId" }],
  });
  const runId = "run_01jd0000000000000000000000";
  await expect(client.runs.get({ runId })).rejects.toMatchObject({
    status: 404,
    message: `There is no run ${runId} in this workspace.`,
  });
});
