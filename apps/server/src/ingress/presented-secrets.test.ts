import { generateKeyPairSync } from "node:crypto";
import type { Step, Verification } from "@millrace/automation";
import { createDeliveryRepository } from "@millrace/db";
import { startStubServer } from "@millrace/testing";
import { exportJWK, SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { presentDeliveryDetail } from "../present/delivery.ts";
import { asJson, type Hook, openTestIngress, type TestIngress } from "./open-test-ingress.fixture.ts";
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

/** What an automation may do with headers: keep them all, and take them apart. */
const steps: Step[] = [{ id: "copy", set: { all: "{{ trigger.headers }}", query: "{{ trigger.query }}" } }];

async function tablesWith(canary: string): Promise<string[]> {
  const names = await ingress.rows("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'");
  const texts = [canary, Buffer.from(canary).toString("hex"), Buffer.from(canary).toString("base64")];
  const found: string[] = [];
  for (const { name } of names) {
    const hits = await ingress.rows(
      `SELECT 1 FROM "${name}" t WHERE t::text LIKE ANY($1) LIMIT 1`,
      texts.map((text) => `%${text}%`),
    );
    if (hits.length > 0) found.push(name);
  }
  return found;
}

/** The newest delivery as the API gives it. */
async function shown(hook: Hook) {
  const { id } = (await ingress.deliveries(hook)).at(-1) ?? {};
  const stored = await createDeliveryRepository(ingress.database.prisma).get(ingress.workspaceId, String(id));
  return presentDeliveryDetail(stored, "Hook", null);
}

async function ended(hook: Hook): Promise<void> {
  await expect
    .poll(async () => (await ingress.runs(hook)).map(({ status }) => status), { timeout: 30_000 })
    .toContain("succeeded");
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

const schemes: [string, Verification, (secret: string) => [name: string, value: string]][] = [
  ["a header", { scheme: "header", header: "X-Hook-Key", secret: "" }, (secret) => ["x-hook-key", secret]],
  [
    "a header with a prefix",
    { scheme: "header", header: "X-Key", prefix: "k=", secret: "" },
    (s) => ["X-KEY", `k=${s}`],
  ],
  ["a bearer token", { scheme: "bearer", secret: "" }, (secret) => ["authorization", `Bearer ${secret}`]],
  ["Basic authentication", { scheme: "basic", secret: "" }, (s) => ["Authorization", `Basic ${base64(s)}`]],
];

test.each(schemes)(
  "a secret that is presented as %s is kept nowhere, whether it is the right one",
  async (name, verify, present) => {
    const [right, wrong] = ["right", "wrong"].map((word) => `canary:${word}-${name.replaceAll(" ", "-")}-0123456789`);
    const secret = `presented as ${name}`;
    await ingress.addSecret(secret, String(right));
    const hook = await ingress.publish({ verify: { ...verify, secret } as Verification }, steps);
    const post = async (value: string) => {
      const headers = { ...Object.fromEntries([present(value)]), ...asJson({ "x-other": "kept" }) };
      return (await ingress.send(hook.token, { headers, body: "{}" })).status;
    };
    expect([await post(String(right)), await post(String(wrong))]).toEqual([202, 401]);
    await ended(hook);
    expect([await tablesWith(String(right)), await tablesWith(String(wrong))]).toEqual([[], []]);
    const { event } = await shown(hook);
    const [header = ""] = present("");
    expect(event?.headers.find(({ name: sent }) => sent.toLowerCase() === header.toLowerCase())?.value).toBe(
      "[redacted]",
    );
    expect(event?.headers.find(({ name: sent }) => sent === "x-other")?.value).toBe("kept");
  },
);

test("a secret that comes before the automation is published, or while it is paused, is kept nowhere", async () => {
  const canary = "canary:before-anything-0123456789";
  const { workspaceId } = ingress;
  const trigger = {
    type: "webhook" as const,
    verify: { scheme: "header" as const, header: "X-Hook-Key", secret: "early" },
  };
  await ingress.addSecret("early", canary);
  const { automation, webhookToken } = await ingress.automations.create({
    workspaceId,
    definition: { millrace: 1, name: "Early", trigger, steps },
  });
  const post = async () => (await ingress.send(webhookToken, { headers: { "x-hook-key": canary } })).json.code;
  expect(await post()).toBe("not_published");
  await ingress.versions.publish({ workspaceId, id: automation.id, publishedBy: null });
  await ingress.automations.setEnabled({ workspaceId, id: automation.id, enabled: false });
  ingress.moveClock(3_000);
  expect(await post()).toBe("paused");
  expect(await tablesWith(canary)).toEqual([]);
});

test("a token that its issuer signed is kept nowhere: it opens other doors too", async () => {
  const keys = await startStubServer();
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "RS256", use: "sig" };
  keys.answerWith(() => ({ json: JSON.parse(JSON.stringify({ keys: [jwk] })) }));
  const issued = { jwksUrl: `${keys.url}/jwks`, issuer: "https://issuer.example", audience: "millrace" };
  const sign = (audience: string) =>
    new SignJWT({})
      .setProtectedHeader({ alg: "RS256", kid: "k1" })
      .setIssuer(issued.issuer)
      .setAudience(audience)
      .setExpirationTime(Math.floor(ingress.clock.now().getTime() / 1_000) + 60)
      .sign(privateKey);
  try {
    for (const header of [undefined, "X-Token"]) {
      const hook = await ingress.publish(
        { verify: { scheme: "jwt", ...issued, algorithms: ["RS256"], header } },
        steps,
      );
      const tokens = [await sign("millrace"), await sign("somebody else")];
      const statuses = [];
      for (const token of tokens)
        statuses.push((await ingress.send(hook.token, { headers: { [header ?? "authorization"]: token } })).status);
      expect(statuses).toEqual([202, 401]);
      await ended(hook);
      for (const token of tokens) expect(await tablesWith(token)).toEqual([]);
    }
  } finally {
    await keys.close();
  }
});

test("the verify token in a provider's question is kept nowhere, and the rest of the question is", async () => {
  const [right, wrong] = ["canary-verify-token-0123456789", "canary-no-verify-token-0123456789"];
  await ingress.addSecret("app secret", "s");
  await ingress.addSecret("verify token", String(right));
  const hook = await ingress.publish({ verify: { preset: "meta", secret: "app secret", verifyToken: "verify token" } });
  const ask = async (token: string, name = "hub.verify_token") => {
    const query = `hub.mode=subscribe&${name}=${token}&hub.challenge=abc`;
    return (await ingress.send(`/hooks/${hook.token}?${query}`, { method: "GET" })).status;
  };
  expect([await ask(right), await ask(right, "hub%2Everify_token"), await ask(wrong)]).toEqual([200, 200, 401]);
  expect([await tablesWith(right), await tablesWith(wrong)]).toEqual([[], []]);
  const [event] = await ingress.rows("SELECT query FROM events ORDER BY id DESC LIMIT 1");
  expect(event.query).toBe("hub.mode=subscribe&hub.verify_token=[redacted]&hub.challenge=abc");
});
