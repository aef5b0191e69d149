import { gzipSync } from "node:zlib";
import type { WebhookTrigger } from "@millrace/automation";
import type { AcceptRequest, RefusedRequest } from "@millrace/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { helloDefinition, openTestApi, type TestApi } from "./open-test-api.fixture.ts";

let api: TestApi;
let own: Awaited<ReturnType<TestApi["openWorkspace"]>>;
beforeAll(async () => {
  api = await openTestApi();
  own = await api.openWorkspace("replays");
});
afterAll(() => api.close());

type Event = AcceptRequest["event"];
type Refusal = Pick<RefusedRequest, "verdict" | "reason" | "answer">;

const paused: Refusal = { verdict: "rejected", reason: "Paused.", answer: { status: 409, body: "{}" } };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
let names = 0;

/** A published automation, and requests to it as ingress records them. */
async function open(trigger: Partial<WebhookTrigger> = {}) {
  const { client, workspaceId } = own;
  const definition = {
    ...helloDefinition,
    name: `Replayed ${++names}`,
    trigger: { type: "webhook" as const, ...trigger },
  };
  const { id: automationId, webhookUrl } = await client.automations.create({ definition });
  const { id: versionId } = await client.automations.publish({ automationId });
  const endpoint = await api.endpoints.findByToken(webhookUrl?.split("/").at(-1) ?? "");
  const request = (body: string | Uint8Array, event: Partial<Event> = {}) => ({
    ...{ workspaceId, automationId, endpointId: endpoint?.endpointId ?? "", sourceIp: "192.0.2.7" },
    event: {
      ...{ method: "POST", query: "", headers: [], contentType: "application/json", receivedAt: new Date() },
      body: typeof body === "string" ? bytes(body) : body,
      ...event,
    },
  });
  return {
    ...{ automationId, versionId },
    accept: (body: string, { dedupeKey = null, ...event }: Partial<Event> & { dedupeKey?: string | null } = {}) =>
      api.intake.accept({ ...request(body, event), versionId, dedupeKey }),
    refuse: async (body: string | Uint8Array, event?: Partial<Event>, refusal = paused) =>
      (await api.intake.refuse({ ...request(body, event), ...refusal })).deliveryId,
  };
}

const replay = (deliveryId: string) => own.client.deliveries.replay({ deliveryId });
const getRun = (runId: string) => own.client.runs.get({ runId });
const bodyOf = async (runId: string) => (await getRun(runId)).trigger?.body;
const refusedWith = (code: string, message: RegExp) => ({ status: 409, code, message: expect.stringMatching(message) });

test("a replay runs the published version on the request as it came, linked both ways", async () => {
  const hook = await open();
  const form = {
    ...{ method: "PUT", query: "a=1&a=2&b", contentType: "application/x-www-form-urlencoded" },
    headers: [
      ["X-Twice", "1"],
      ["x-twice", "2"],
    ] as const,
    receivedAt: new Date("2026-11-20T10:00:00.123Z"),
  };
  const { deliveryId, runId: firstId } = await hook.accept("name=Ada%FF&name=Bob", { ...form, dedupeKey: "e1" });
  const { number } = await own.client.automations.publish({ automationId: hook.automationId });
  const { runId } = await replay(deliveryId);
  expect(api.rings.at(-1)).toEqual([runId]);
  expect(await getRun(runId)).toMatchObject({
    ...{ status: "queued", triggerType: "replay", replayOf: deliveryId, deliveryId, retryOf: null, steps: [] },
    version: { number },
  });
  const { rows } = await api.pool.query(
    `SELECT e.id, method, query, headers_json, content_type, body, received_at FROM events e JOIN runs r ON r.event_id = e.id
     WHERE r.id = ANY($1::text[]) ORDER BY r.id`,
    [[firstId, runId]],
  );
  const [{ id: firstEvent, ...first }, { id: copy, ...replayed }] = rows;
  expect(copy).not.toBe(firstEvent);
  expect(replayed).toEqual(first);
  expect(first).toMatchObject({ ...{ method: form.method, query: form.query }, received_at: form.receivedAt });

  const again = await replay(deliveryId);
  const delivery = await own.client.deliveries.get({ deliveryId });
  expect(delivery).toMatchObject({ runId: firstId, verdict: "accepted", replayProblem: null });
  expect(delivery.replays).toMatchObject([{ id: again.runId, status: "queued" }, { id: runId }]);
  expect((await getRun(firstId)).replayOf).toBeNull();
  expect((await own.client.deliveries.list({ automationId: hook.automationId })).items).toHaveLength(1);
});

test("what was filtered, refused or a duplicate can be replayed, past filter and dedupe", async () => {
  const hook = await open({ filter: "false", dedupe: "{{ trigger.body.id }}" });
  const filtered: Refusal = { verdict: "filtered", reason: "no", answer: { status: 200, body: "{}" } };
  const refused: Refusal = { verdict: "rejected", reason: "no", answer: { status: 401, body: "{}" } };
  const first = await hook.accept('{"id":1,"name":"first"}', { dedupeKey: "1" });
  const same = await hook.accept('{"id":1,"name":"first"}', { dedupeKey: "1" });
  const other = await hook.accept('{"id":1,"name":"other"}', { dedupeKey: "1" });
  expect([same.isDuplicate, other.isDuplicate]).toEqual([true, true]);
  const cases: [string, string][] = [
    [await hook.refuse('{"name":"filtered"}', {}, filtered), "filtered"],
    [await hook.refuse('{"name":"refused"}', {}, refused), "refused"],
    [await hook.refuse('{"name":"paused"}'), "paused"],
    [first.deliveryId, "first"],
    [same.deliveryId, "first"],
    [other.deliveryId, "other"],
  ];
  for (const [deliveryId, name] of cases) {
    expect((await own.client.deliveries.get({ deliveryId })).replayProblem, name).toBeNull();
    const { runId } = await replay(deliveryId);
    expect(await bodyOf(runId), name).toMatchObject({ value: { name } });
    expect((await own.client.deliveries.get({ deliveryId })).replays, name).toMatchObject([{ id: runId }]);
  }
});

test("a body that was refused while it was packed is unpacked", async () => {
  const hook = await open({ maxBodyBytes: 2_000 });
  const packed = (encoding: string) => ({ headers: [["Content-Encoding", encoding]] as const });
  const { runId } = await replay(await hook.refuse(gzipSync('{"name":"Ada"}'), packed("gzip")));
  expect(await bodyOf(runId)).toMatchObject({ kind: "json", value: { name: "Ada" } });
  const unpackedAlready = await replay(await hook.refuse('{"name":', packed("GZIP")));
  expect(await bodyOf(unpackedAlready.runId)).toMatchObject({ kind: "text", text: '{"name":' });
  const bomb = await hook.refuse(gzipSync(Buffer.alloc(10_000)), packed("gzip"));
  await expect(replay(bomb)).rejects.toMatchObject(refusedWith("not_replayable", /larger than 2000 bytes/));
  const brotli = await hook.refuse("x", packed("br"));
  await expect(replay(brotli)).rejects.toMatchObject(refusedWith("not_replayable", /br is not taken/));
});

test("runs of a key that wait in line take their place in it", async () => {
  const hook = await open({ order: "{{ trigger.body.customer }}" });
  const deliveryId = await hook.refuse('{"customer":"c1"}');
  const first = await replay(deliveryId);
  const second = await replay(deliveryId);
  expect(await getRun(second.runId)).toMatchObject({
    reason: `Waits for ${first.runId}, which came first with the same order key and is queued.`,
  });
  const keyless = await hook.refuse('{"other":"c1"}');
  await expect(replay(keyless)).rejects.toMatchObject(refusedWith("not_replayable", /order could not be computed/));
});

describe("a delivery that can't be replayed says why", () => {
  const handshake: Refusal = { verdict: "handshake", reason: "asked", answer: { status: 200, body: "c" } };
  const announced = (length: string) => ({ headers: [["Content-Length", length]] as const });

  test.each<[string, RegExp, string, Partial<Event>, Refusal]>([
    ["a question about the URL", /only asked/, '{"challenge":"c"}', {}, handshake],
    ["a body that was not read", /not kept whole/, "", announced("9"), paused],
    ["a body that was cut", /not kept whole/, '{"name":', announced("1000"), paused],
    ["chunks that were not read", /not kept whole/, "", { headers: [["transfer-encoding", "chunked"]] }, paused],
  ])("%s", async (_name, message, body, event, refusal) => {
    const deliveryId = await (await open()).refuse(body, event, refusal);
    await expect(replay(deliveryId)).rejects.toMatchObject(refusedWith("not_replayable", message));
    const { replayProblem } = await own.client.deliveries.get({ deliveryId });
    expect(replayProblem).toMatch(message);
  });

  test("a body of which less is stored than came", async () => {
    const deliveryId = await (await open()).refuse('{"name":"Ada"}');
    await api.pool.query("UPDATE deliveries SET size_bytes = 20000 WHERE id = $1", [deliveryId]);
    await expect(replay(deliveryId)).rejects.toMatchObject(refusedWith("not_replayable", /not kept whole/));
  });

  test("a request that is no longer stored", async () => {
    const hook = await open();
    const first = await hook.accept("{}", { dedupeKey: "1" });
    const same = await hook.accept("{}", { dedupeKey: "1" });
    const other = await hook.accept("[]", { dedupeKey: "1" });
    const isGone = async ({ deliveryId }: { deliveryId: string }) =>
      expect(replay(deliveryId)).rejects.toMatchObject(refusedWith("not_replayable", /no longer stored/));
    const forget = (deliveryIds: string[]) =>
      api.pool.query("DELETE FROM events WHERE id IN (SELECT event_id FROM deliveries WHERE id = ANY($1::text[]))", [
        deliveryIds,
      ]);
    await forget([other.deliveryId]);
    await isGone(other);
    await forget([first.deliveryId]);
    await isGone(first);
    await isGone(same);
    await api.pool.query("DELETE FROM runs WHERE id = $1", [first.runId]);
    await isGone(same);
  });

  test("an automation without a published version, and one that was deleted", async () => {
    const { id: automationId } = await own.client.automations.create({
      definition: { ...helloDefinition, name: "Draft" },
    });
    const { deliveryId } = await api.intake.refuse({
      ...{ workspaceId: own.workspaceId, automationId, endpointId: automationId, sourceIp: null, ...paused },
      event: { method: "POST", query: "", headers: [], contentType: null, body: bytes("{}"), receivedAt: new Date() },
    });
    await expect(replay(deliveryId)).rejects.toMatchObject(
      refusedWith("not_published", /^Publish this automation first/),
    );
    await own.client.automations.delete({ automationId });
    await expect(replay(deliveryId)).rejects.toMatchObject(refusedWith("not_replayable", /was deleted/));
  });

  test("one of another workspace, which is not found", async () => {
    const deliveryId = await (await open()).refuse("{}");
    const { client } = await api.openWorkspace("replays elsewhere");
    await expect(client.deliveries.replay({ deliveryId })).rejects.toMatchObject({ status: 404, code: "not_found" });
  });
});

test("an automation that is paused can be replayed to, as it can be started by hand", async () => {
  const hook = await open();
  await own.client.automations.setEnabled({ automationId: hook.automationId, enabled: false });
  const { runId } = await replay(await hook.refuse('{"name":"Ada"}'));
  expect((await getRun(runId)).status).toBe("queued");
});

test("a retry of a replay is its retry, and not another replay", async () => {
  const hook = await open();
  const deliveryId = await hook.refuse("{}");
  const { runId } = await replay(deliveryId);
  await own.client.runs.cancel({ runId });
  const retried = await own.client.runs.retry({ runId });
  expect(await getRun(retried.runId)).toMatchObject({ retryOf: runId, replayOf: deliveryId });
  expect((await own.client.deliveries.get({ deliveryId })).replays).toMatchObject([{ id: runId, status: "canceled" }]);
});
