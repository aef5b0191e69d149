import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asJson, type Hook, openTestIngress, type TestIngress } from "./open-test-ingress.fixture.ts";

let ingress: TestIngress;
beforeAll(async () => {
  ingress = await openTestIngress(2);
});
afterAll(() => ingress.close());

/** Half of what an operator is promised. */
const soonMs = 2_500;
const both = async (token: string, request: Parameters<TestIngress["send"]>[1] = {}) =>
  (await Promise.all([0, 1].map((to) => ingress.send(token, { ...request, to })))).map(({ status }) => status);

test("one key through two processes at once makes one run, and everybody hears its id", async () => {
  const hook = await ingress.publish({ dedupe: "{{ trigger.headers['x-event-id'] }}" });
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      ingress.send(hook.token, { to: index % 2, headers: { "x-event-id": `e${Math.floor(index / 50)}` } }),
    ),
  );
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(4);
  expect(answers.filter(({ status, json }) => status === 200 && json.duplicate === true)).toHaveLength(196);
  expect(new Set(answers.map(({ json }) => json.runId)).size).toBe(4);
  expect(await ingress.runs(hook)).toHaveLength(4);
  expect(await ingress.deliveries(hook)).toHaveLength(200);
});

test("the same key with another body is the first one's, and is flagged with what it brought", async () => {
  const hook = await ingress.publish({ dedupe: "{{ trigger.headers['x-event-id'] }}" });
  const send = (body: string, to: number) =>
    ingress.send(hook.token, { to, body, headers: asJson({ "x-event-id": "e1" }) });
  const first = await send('{"total":1}', 0);
  const second = await send('{"total":2}', 1);
  expect(second).toMatchObject({ status: 200, json: { duplicate: true, runId: first.json.runId } });
  const [accepted, conflicting] = await ingress.deliveries(hook);
  expect([accepted?.reason, conflicting?.reason]).toEqual([null, expect.stringContaining("another body")]);
  expect(conflicting?.event_id).not.toBeNull();
  expect(await ingress.runs(hook)).toHaveLength(1);
});

describe("a URL that was rotated, even twice,", () => {
  const rotated = async ({ automationId }: Hook) => {
    const rotate = () =>
      ingress.endpoints.rotateEndpoint({ workspaceId: ingress.workspaceId, automationId, overlapMs: 60_000 });
    return [(await rotate()).token, (await rotate()).token] as const;
  };

  test("knows the events that came to the one before: each makes one run, whichever URL it comes to", async () => {
    const hook = await ingress.publish({ dedupe: "{{ trigger.headers['x-event-id'] }}" });
    const send = (token: string, event: string, to: number) =>
      ingress.send(token, { to, headers: { "x-event-id": event } });
    const first = await send(hook.token, "e1", 0);
    const [second, third] = await rotated(hook);
    const again = [await send(second, "e1", 1), await send(third, "e1", 0), await send(hook.token, "e1", 1)];
    expect(again.map(({ status, json }) => [status, json.runId])).toEqual(again.map(() => [200, first.json.runId]));
    const other = await send(third, "e2", 0);
    expect([other.status, (await send(hook.token, "e2", 1)).json.runId]).toEqual([202, other.json.runId]);
    expect(await ingress.runs(hook)).toHaveLength(2);
  });

  test("has one rate limit with the one before", async () => {
    const hook = await ingress.publish({ rateLimit: { requests: 2, per: "1h" } });
    const [second, third] = await rotated(hook);
    const statuses = [];
    for (const token of [hook.token, second, third, hook.token]) statuses.push((await ingress.send(token)).status);
    expect(statuses).toEqual([202, 202, 429, 429]);
  });
});

describe("every process notices within 5 s", () => {
  test("a rotated URL: both work during the overlap, and the old one ends with it", async () => {
    const hook = await ingress.publish();
    expect(await both(hook.token)).toEqual([202, 202]);
    const { workspaceId } = ingress;
    const rotation = { workspaceId, automationId: hook.automationId, overlapMs: 60_000 };
    const { token, previousExpiresAt } = await ingress.endpoints.rotateEndpoint(rotation);
    expect([...(await both(hook.token)), ...(await both(token))]).toEqual([202, 202, 202, 202]);
    ingress.moveClock(previousExpiresAt.getTime() - ingress.clock.now().getTime() + soonMs);
    expect([...(await both(hook.token)), ...(await both(token))]).toEqual([404, 404, 202, 202]);
  });

  test("a URL that was rotated without an overlap", async () => {
    const hook = await ingress.publish();
    expect(await both(hook.token)).toEqual([202, 202]);
    const { workspaceId } = ingress;
    await ingress.endpoints.rotateEndpoint({ workspaceId, automationId: hook.automationId, overlapMs: 0 });
    ingress.moveClock(soonMs);
    expect(await both(hook.token)).toEqual([404, 404]);
  });

  test("a paused automation, and one that goes on", async () => {
    const hook = await ingress.publish();
    const setEnabled = async (enabled: boolean) => {
      await ingress.automations.setEnabled({ workspaceId: ingress.workspaceId, id: hook.automationId, enabled });
      ingress.moveClock(soonMs);
    };
    expect(await both(hook.token)).toEqual([202, 202]);
    await setEnabled(false);
    expect(await both(hook.token)).toEqual([409, 409]);
    await setEnabled(true);
    expect(await both(hook.token)).toEqual([202, 202]);
  });

  test("a deleted automation", async () => {
    const hook = await ingress.publish();
    expect(await both(hook.token)).toEqual([202, 202]);
    await ingress.automations.remove(ingress.workspaceId, hook.automationId);
    ingress.moveClock(soonMs);
    expect(await both(hook.token)).toEqual([404, 404]);
  });

  test("a new version with other rules", async () => {
    const hook = await ingress.publish();
    expect(await both(hook.token)).toEqual([202, 202]);
    await ingress.republish(hook, { methods: ["GET"] });
    ingress.moveClock(soonMs);
    expect(await both(hook.token)).toEqual([405, 405]);
  });

  test("a signing secret: old and new are taken while both are named, and the old one no longer after", async () => {
    const { workspaceId } = ingress;
    await ingress.addSecret("new key", "new");
    const old = await ingress.addSecret("old key", "old");
    const hook = await ingress.publish({ verify: { scheme: "bearer", secret: ["new key", "old key"] } });
    const bearer = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } });
    const tried = async () => [...(await both(hook.token, bearer("old"))), ...(await both(hook.token, bearer("new")))];
    expect(await tried()).toEqual([202, 202, 202, 202]);
    await ingress.connections.remove(workspaceId, old);
    ingress.moveClock(soonMs);
    expect(await tried()).toEqual([401, 401, 202, 202]);
  });
});
