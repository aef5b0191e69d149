import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { asJson, openTestIngress, type TestIngress } from "./open-test-ingress.fixture.ts";

let ingress: TestIngress;
beforeAll(async () => {
  ingress = await openTestIngress();
});
afterAll(() => ingress.close());

function slackSigned(secret: string, body: string) {
  const timestamp = String(Math.floor(ingress.clock.now().getTime() / 1_000));
  const signature = `v0=${createHmac("sha256", secret).update(`v0:${timestamp}:${body}`).digest("hex")}`;
  return { body, headers: asJson({ "x-slack-request-timestamp": timestamp, "x-slack-signature": signature }) };
}

test("Slack's signed question is answered, recorded and starts no run", async () => {
  await ingress.addSecret("slack", "s");
  const hook = await ingress.publish({ verify: { preset: "slack", secret: "slack" } });
  const question = JSON.stringify({ type: "url_verification", challenge: "3eZbrw1aB" });
  expect(await ingress.send(hook.token, slackSigned("s", question))).toMatchObject({ status: 200, text: "3eZbrw1aB" });
  expect(await ingress.send(hook.token, slackSigned("guess", question))).toMatchObject({ status: 401 });
  expect(await ingress.deliveries(hook)).toMatchObject([
    {
      verdict: "handshake",
      answer_status: 200,
      answer_body: "3eZbrw1aB",
      reason: "Slack asked whether this URL is ours, and was answered.",
    },
    { verdict: "rejected", answer_status: 401 },
  ]);
  expect(await ingress.runs(hook)).toEqual([]);
});

test("Meta's question comes as GET, and is answered for the right verify token only", async () => {
  await ingress.addSecret("app secret", "s");
  const tokenId = await ingress.addSecret("verify token", "chosen");
  const verify = { preset: "meta" as const, secret: "app secret", verifyToken: "verify token" };
  const hook = await ingress.publish({ verify });
  const ask = (token: string) =>
    ingress.send(`${hook.token}?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1158201444`, {
      method: "GET",
    });
  expect(await ask("chosen")).toMatchObject({
    status: 200,
    text: "1158201444",
    headers: { "x-content-type-options": "nosniff" },
  });
  expect(await ask("guessed")).toMatchObject({ status: 401 });
  // A GET that asks nothing is no event, although the method is taken for questions.
  const other = await ingress.send(`${hook.token}?x=1`, { method: "GET" });
  expect(other.status).toBe(401);
  await ingress.connections.remove(ingress.workspaceId, tokenId);
  ingress.moveClock(3_000);
  expect(await ask("chosen")).toMatchObject({ status: 401 });
  expect(await ask("")).toMatchObject({ status: 401 });
  expect((await ingress.deliveries(hook)).map(({ verdict, method }) => `${method} ${verdict}`)).toEqual([
    "GET handshake",
    ...Array.from({ length: 4 }, () => "GET rejected"),
  ]);
  expect(await ingress.runs(hook)).toEqual([]);
});

test("Intercom's HEAD is answered without a body", async () => {
  await ingress.addSecret("intercom", "s");
  const hook = await ingress.publish({ verify: { preset: "intercom", secret: "intercom" } });
  expect(await ingress.send(hook.token, { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
  expect(await ingress.deliveries(hook)).toMatchObject([{ verdict: "handshake", method: "HEAD" }]);
});

test("a paused automation still answers its provider's questions", async () => {
  await ingress.addSecret("paused", "s");
  const hook = await ingress.publish({ verify: { preset: "slack", secret: "paused" } });
  await ingress.automations.setEnabled({ workspaceId: ingress.workspaceId, id: hook.automationId, enabled: false });
  const question = JSON.stringify({ type: "url_verification", challenge: "abc" });
  expect(await ingress.send(hook.token, slackSigned("s", question))).toMatchObject({ status: 200 });
  expect(await ingress.send(hook.token, slackSigned("s", '{"type":"event_callback"}'))).toMatchObject({ status: 409 });
  expect(await ingress.send(hook.token, slackSigned("guess", "{}"))).toMatchObject({ status: 401 });
});
