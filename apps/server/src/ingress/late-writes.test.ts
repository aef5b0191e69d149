import { afterAll, beforeAll, expect, test } from "vitest";
import { asJson, type Hook, openTestIngress, patient, type TestIngress } from "./open-test-ingress.fixture.ts";

let ingress: TestIngress;
beforeAll(async () => {
  ingress = await openTestIngress(1, { ...patient, writeMs: 300 });
});
afterAll(() => ingress.close());

/** Sends while nothing can be committed, and lets it be committed once the senders have their answers. */
async function sendWhileLocked(...sending: (() => ReturnType<TestIngress["send"]>)[]) {
  const client = await ingress.database.pool.connect();
  await client.query("BEGIN; LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE");
  try {
    return await Promise.all(sending.map((send) => send()));
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
}

const corrected = (hook: Hook, count: number) =>
  expect
    .poll(async () => (await ingress.deliveries(hook)).filter(({ answer_status }) => answer_status === 503).length, {
      timeout: 30_000,
    })
    .toBe(count);

test("a webhook that is committed after its sender heard 503 is recorded with the 503, and its run is rung", async () => {
  const hook = await ingress.publish();
  const [answer] = await sendWhileLocked(() => ingress.send(hook.token, { body: "{}", headers: asJson() }));
  expect(answer).toMatchObject({ status: 503, json: { code: "unavailable" } });
  await corrected(hook, 1);
  const [run] = await ingress.runs(hook);
  expect(await ingress.deliveries(hook)).toMatchObject([
    {
      ...{ verdict: "accepted", run_id: run?.id, answer_status: 503, answer_body: answer?.text },
      answer_headers_json: '{"retry-after":"2"}',
      reason: expect.stringContaining("told to send it again"),
    },
  ]);
  expect(ingress.rings).toContain(run?.id);
});

test("so is one that was refused or is a duplicate; a duplicate's run is not rung again, and its sender's retry is one too", async () => {
  const hook = await ingress.publish({ dedupe: "{{ trigger.headers['x-event-id'] }}" });
  const keyed = () => ingress.send(hook.token, { headers: { "x-event-id": "e1" } });
  const first = await keyed();
  const rungBefore = ingress.rings.length;
  const answers = await sendWhileLocked(keyed, () => ingress.send(hook.token));
  expect(answers.map(({ status }) => status)).toEqual([503, 503]);
  await corrected(hook, 2);
  const late = (await ingress.deliveries(hook)).filter(({ answer_status }) => answer_status === 503);
  const [duplicate, rejected] = ["duplicate", "rejected"].map((verdict) => late.find((row) => row.verdict === verdict));
  expect(duplicate).toMatchObject({ run_id: first.json.runId, event_id: null });
  expect(rejected?.reason).toMatch(/x-event-id.*told to send it again/s);
  expect(ingress.rings).toHaveLength(rungBefore);
  expect(await keyed()).toMatchObject({ status: 200, json: { duplicate: true, runId: first.json.runId } });
});
