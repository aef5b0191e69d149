import { createDeliveryRepository } from "@millrace/db";
import { afterAll, beforeAll, expect, test } from "vitest";
import { presentDeliveryDetail } from "../present/delivery.ts";
import { type Hook, openTestIngress, type Received, type TestIngress } from "./open-test-ingress.fixture.ts";
import { openTestWorker } from "./open-test-worker.fixture.ts";

let ingress: TestIngress;
let worker: ReturnType<typeof openTestWorker>;
beforeAll(async () => {
  ingress = await openTestIngress();
  worker = openTestWorker(ingress);
});
afterAll(async () => {
  await worker.close();
  await ingress.close();
});

/** The newest delivery's answer as the API gives it. */
async function shown(hook: Hook) {
  const { id } = (await ingress.deliveries(hook)).at(-1) ?? {};
  const stored = await createDeliveryRepository(ingress.database.prisma).get(ingress.workspaceId, String(id));
  const { answerStatus, answerHeaders } = presentDeliveryDetail(stored, null, null);
  return { status: answerStatus, headers: Object.fromEntries(answerHeaders.map(({ name, value }) => [name, value])) };
}

/** What the connection adds is no part of the answer. */
function heard({ status, headers }: Received) {
  const { date: _date, connection: _connection, "keep-alive": _keepAlive, ...own } = headers;
  return { status, headers: own };
}

test("a delivery shows the headers that its sender got", async () => {
  const hook = await ingress.publish({ methods: ["POST"], rateLimit: { requests: 1, per: "1h" } });
  const accepted = heard(await ingress.send(hook.token));
  expect(accepted.headers).toMatchObject({ "content-type": "application/json" });
  expect(await shown(hook)).toEqual(accepted);
  const limited = heard(await ingress.send(hook.token));
  expect(limited).toMatchObject({ status: 429, headers: { "retry-after": expect.any(String) } });
  expect(await shown(hook)).toEqual(limited);
  const wrong = heard(await ingress.send(hook.token, { method: "DELETE" }));
  expect(wrong).toMatchObject({ status: 405, headers: { allow: "POST" } });
  expect(await shown(hook)).toEqual(wrong);
});

test("so does one that a Respond step answered: a redirect says where to, and a token's value is nobody's", async () => {
  const headers = { Location: "https://example.com/{{ trigger.body.page }}", "X-Auth-Token": "canary" };
  const hook = await ingress.publish({ respond: "whenFinished" }, [
    { id: "answer", respond: { status: 302, headers, body: "" } },
  ]);
  const body = '{"page":"thanks"}';
  const redirected = heard(await ingress.send(hook.token, { body, headers: { "content-type": "application/json" } }));
  expect(redirected).toMatchObject({ status: 302, headers: { location: "https://example.com/thanks" } });
  const blanked = { ...redirected, headers: { ...redirected.headers, "x-auth-token": "[redacted]" } };
  await expect.poll(() => shown(hook), { timeout: 30_000 }).toEqual(blanked);
});
