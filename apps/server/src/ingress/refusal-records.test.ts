import { createDeliveryRepository, createIntake } from "@millrace/db";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { presentDeliveryDetail } from "../present/delivery.ts";
import { asJson, type Hook, openTestIngress, type TestIngress } from "./open-test-ingress.fixture.ts";
import { createRefusalRecords, refusalLimits } from "./refusal-records.ts";

let ingress: TestIngress;
beforeAll(async () => {
  ingress = await openTestIngress();
});
afterAll(() => ingress.close());

const large = "x".repeat(100_000);
const verify = { scheme: "bearer" as const, secret: "s" };

/** The newest delivery as the API gives it, and the bytes of its body that are stored. */
async function newest(hook: Hook) {
  const row = (await ingress.deliveries(hook)).at(-1);
  const stored = await createDeliveryRepository(ingress.database.prisma).get(ingress.workspaceId, String(row?.id));
  const { sizeBytes, isBodyCut, event, answerStatus } = presentDeliveryDetail(stored, null, null);
  return { answerStatus, sizeBytes, isBodyCut, keptBytes: event?.sizeBytes, headers: event?.headers };
}

describe("of a request that anybody may send who knows the URL", () => {
  test("the head is kept and the beginning of the body, marked as cut", async () => {
    const cut = { sizeBytes: 100_000, isBodyCut: true, keptBytes: 16_384 };
    const hook = await ingress.publish({ verify });
    await ingress.send(hook.token, { body: large, headers: { "x-kept": "yes" } });
    expect(await newest(hook)).toMatchObject({ answerStatus: 401, ...cut });
    expect((await newest(hook)).headers).toContainEqual({ name: "x-kept", value: "yes" });
    const others = await ingress.publish({ verify: { preset: "none", allowFrom: ["192.0.2.1"] } });
    await ingress.send(others.token, { body: large });
    expect(await newest(others)).toMatchObject({ answerStatus: 403, ...cut });
    const limited = await ingress.publish({ rateLimit: { requests: 1, per: "1h" } });
    for (let count = 0; count < 2; count++) await ingress.send(limited.token, { body: large });
    expect(await newest(limited)).toMatchObject({ answerStatus: 429, ...cut });
  });

  test("a short body is kept whole", async () => {
    const hook = await ingress.publish({ verify });
    await ingress.send(hook.token, { body: "x".repeat(16_384) });
    expect(await newest(hook)).toMatchObject({ sizeBytes: 16_384, isBodyCut: false, keptBytes: 16_384 });
  });

  test("what its owner may mend keeps its whole body, and each of them is listed", async () => {
    const whole = { sizeBytes: 100_000, isBodyCut: false, keptBytes: 100_000 };
    const filtered = await ingress.publish({ filter: "trigger.body == 'y'" });
    await ingress.send(filtered.token, { body: large });
    expect(await newest(filtered)).toMatchObject({ answerStatus: 200, ...whole });
    const keyless = await ingress.publish({ dedupe: "{{ trigger.headers['x-id'] }}" });
    await ingress.send(keyless.token, { body: large });
    expect(await newest(keyless)).toMatchObject({ answerStatus: 400, ...whole });
    const paused = await ingress.publish();
    await ingress.automations.setEnabled({ workspaceId: ingress.workspaceId, id: paused.automationId, enabled: false });
    for (let count = 0; count < 50; count++) await ingress.send(paused.token, { body: large });
    expect(await newest(paused)).toMatchObject({ answerStatus: 409, ...whole });
    expect(await ingress.deliveries(paused)).toHaveLength(50);
  });
});

describe("a flood of refused requests", () => {
  const flood = (hook: Hook, count: number) =>
    Promise.all(Array.from({ length: count }, () => ingress.send(hook.token, { body: large, headers: asJson() })));

  test("is recorded up to a number of bytes, and from then on answered without the database; others are recorded", async () => {
    const [hook, other] = [await ingress.publish({ verify }), await ingress.publish({ verify })];
    await flood(hook, 70);
    const listed = (await ingress.deliveries(hook)).length;
    expect(listed).toBeGreaterThan(40);
    expect(listed).toBeLessThan(70);
    const client = await ingress.database.pool.connect();
    await client.query("BEGIN; LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE");
    try {
      expect((await flood(hook, 5)).map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    } finally {
      await client.query("ROLLBACK");
      client.release();
    }
    expect(await ingress.deliveries(hook)).toHaveLength(listed);
    await flood(other, 1);
    expect(await ingress.deliveries(other)).toHaveLength(1);
    ingress.moveClock(60_000);
    await flood(hook, 1);
    expect(await ingress.deliveries(hook)).toHaveLength(listed + 1);
  });

  test("shows how many there were in all, in a row for each answer, when the process stops at the latest", async () => {
    const stopping = await openTestIngress();
    try {
      const hook = await stopping.publish({ verify });
      const send = (method: string) => stopping.send(hook.token, { method, body: large });
      await Promise.all(Array.from({ length: 70 }, () => send("POST")));
      await Promise.all(Array.from({ length: 20 }, () => send("GET")));
      const listed = (await stopping.deliveries(hook)).length;
      stopping.closing.abort();
      const rows = () => stopping.deliveries(hook).then((all) => all.filter(({ event_id }) => event_id === null));
      await expect.poll(async () => (await rows()).length, { timeout: 30_000 }).toBe(2);
      const counted = (await rows()).map(({ reason }) => Number(/^(\d+) more request/.exec(reason)?.[1]));
      expect(counted.reduce((sum, count) => sum + count, listed)).toBe(90);
      expect((await rows())[0]).toMatchObject({
        ...{ verdict: "rejected", answer_status: 401, run_id: null },
        reason: expect.stringMatching(/^\d+ more requests were answered 401 and not listed .*Why the last one: ./),
      });
    } finally {
      await stopping.close();
    }
  });

  test("is told again and again while it lasts", async () => {
    const hook = await ingress.publish();
    const records = createRefusalRecords({
      intake: createIntake(ingress.database.hotPath),
      log: { info() {}, warn() {}, error() {} },
      now: () => 0,
      limits: { ...refusalLimits, bytesAtOnce: 0, countedMs: 20 },
    });
    const found = await ingress.endpoints.findByToken(hook.token);
    const refuse = () =>
      records.record({
        ...{ workspaceId: ingress.workspaceId, automationId: hook.automationId, endpointId: String(found?.endpointId) },
        ...{ sourceIp: null, verdict: "rejected", reason: "Because.", answer: { status: 401, body: "{}" } },
        event: {
          ...{ method: "POST", query: "", headers: [], contentType: null, receivedAt: new Date() },
          body: Buffer.from(large),
        },
      });
    const reasons = async () => (await ingress.deliveries(hook)).map(({ reason }) => reason);
    for (let count = 0; count < 1_234; count++) await refuse();
    const many = "1,234 more requests were answered 401 and not listed one by one. Why the last one: Because.";
    await expect.poll(reasons, { timeout: 30_000 }).toEqual([many]);
    await refuse();
    const one = "1 more request was answered 401 and not listed one by one. Why the last one: Because.";
    await expect.poll(reasons, { timeout: 30_000 }).toEqual([many, one]);
  });
});
