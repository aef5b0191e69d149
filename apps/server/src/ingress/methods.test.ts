import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asJson, openTestIngress, type TestIngress } from "./open-test-ingress.fixture.ts";

let ingress: TestIngress;
beforeAll(async () => {
  ingress = await openTestIngress();
});
afterAll(() => ingress.close());

const every = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE", "TRACE", "PROPFIND"];

describe("only the methods that a trigger takes start runs", () => {
  test.each([
    ["unless said otherwise", {}, ["POST", "PUT", "PATCH"]],
    ["where it lists them", { methods: ["GET", "DELETE"] as ("GET" | "DELETE")[] }, ["GET", "DELETE"]],
  ])("%s", async (_when, trigger, taken) => {
    const hook = await ingress.publish(trigger);
    for (const method of every) {
      const { status, headers } = await ingress.send(hook.token, { method });
      expect([method, status]).toEqual([method, taken.includes(method) ? 202 : 405]);
      if (status === 405) expect(headers.allow).toBe(taken.join(", "));
    }
    expect(await ingress.runs(hook)).toHaveLength(taken.length);
    expect(await ingress.deliveries(hook)).toHaveLength(every.length);
  });
});

test("only the whole token reaches an endpoint: anything near it is 404 and leaves nothing", async () => {
  const hook = await ingress.publish();
  const other = await ingress.publish();
  const { token } = hook;
  const swapped = /[a-z]/.test(token) ? token.toUpperCase() : token.toLowerCase();
  const targets = [
    "/hooks",
    "/hooks/",
    `/hooks/${token}/`,
    `/hooks/${token}/x`,
    `/hooks/${token}/..`,
    `/hooks//${token}`,
    `/hooks/${swapped}`,
    `/hooks/${token.slice(0, -1)}`,
    `/hooks/${token}x`,
    `/hooks/${token}%2f`,
    `/hooks/%2e%2e/hooks/${token}`,
    `/hooks/${token.replace(/^./, (first) => `%${first.charCodeAt(0).toString(16)}`)}`,
    `/hooks/${token};a=b`,
    `/hooks/${token}%00`,
    `/hooks/:token`,
    `/hooks/${hook.automationId}`,
    `/hooks/${token.slice(0, 16)}${other.token.slice(16)}`,
  ];
  for (const target of targets) {
    const { status } = await ingress.send(target, { body: "{}", headers: asJson() });
    expect([target, status]).toEqual([target, 404]);
  }
  expect([...(await ingress.deliveries(hook)), ...(await ingress.deliveries(other))]).toEqual([]);
});
