import { afterAll, beforeAll, expect, test } from "vitest";
import { asJson, type Hook, openTestIngress, type Received, type TestIngress } from "./open-test-ingress.fixture.ts";

let ingress: TestIngress;
beforeAll(async () => {
  ingress = await openTestIngress();
});
afterAll(() => ingress.close());

const unknown = "0".repeat(33);

/** All that a sender can see. */
const seen = ({ status, text, headers: { date: _date, ...headers } }: Received) => ({ status, text, headers });

const lastOf = async (hook: Hook) => (await ingress.deliveries(hook)).at(-1);

test("a request to a URL that was replaced is recorded for its owner, and its sender hears what a stranger hears", async () => {
  const hook = await ingress.publish({ verify: { scheme: "bearer", secret: "s" }, methods: ["POST"] });
  const { workspaceId } = ingress;
  await ingress.endpoints.rotateEndpoint({ workspaceId, automationId: hook.automationId, overlapMs: 60_000 });
  ingress.moveClock(65_000);
  const sending = { body: '{"order":7}', headers: asJson({ authorization: "Bearer canary" }) };
  const answer = await ingress.send(hook.token, sending);
  expect(answer.status).toBe(404);
  expect(seen(answer)).toEqual(seen(await ingress.send(unknown, sending)));
  expect(await lastOf(hook)).toMatchObject({
    ...{ verdict: "rejected", answer_status: 404, answer_body: answer.text, run_id: null },
    reason: expect.stringMatching(/^This URL was replaced and has not worked since \d{4}-\d\d-\d\d \d\d:\d\d UTC\./),
  });
  const [event] = await ingress.rows("SELECT * FROM events ORDER BY id DESC LIMIT 1");
  expect(event.body.toString()).toBe('{"order":7}');
  expect(event.headers_json).not.toContain("canary");
});

test.each([
  ["another method", { method: "GET" }],
  ["a body that is too large", { body: Buffer.alloc(1_048_577) }],
])("to the URL of a deleted automation, so does %s", async (_name, sending) => {
  const hook = await ingress.publish({ methods: ["POST"] });
  await ingress.automations.remove(ingress.workspaceId, hook.automationId);
  const answer = await ingress.send(hook.token, sending);
  expect([answer.status, answer.text]).toEqual([404, (await ingress.send(unknown)).text]);
  expect(await lastOf(hook)).toMatchObject({
    ...{ verdict: "rejected", answer_status: 404, answer_body: answer.text },
    reason: expect.stringMatching(/^This URL's automation was deleted on /),
  });
});

test("a flood at a dead URL is recorded in part only", async () => {
  const hook = await ingress.publish();
  await ingress.automations.remove(ingress.workspaceId, hook.automationId);
  const send = () => ingress.send(hook.token, { body: Buffer.alloc(100_000) });
  const answers = await Promise.all(Array.from({ length: 100 }, send));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
  expect((await ingress.deliveries(hook)).length).toBeLessThan(70);
});
