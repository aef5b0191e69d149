import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asJson, type Hook, openTestIngress, type TestIngress } from "./open-test-ingress.fixture.ts";
import { createRateLimits } from "./rate-limits.ts";

let ingress: TestIngress;
beforeAll(async () => {
  ingress = await openTestIngress(2);
});
afterAll(() => ingress.close());

describe("allowed senders", () => {
  const from = (hook: Hook, address: string) =>
    ingress.send(hook.token, { headers: asJson({ "x-forwarded-for": address }), body: "{}" });

  test("are told by their address, as the trusted proxy saw it", async () => {
    const hook = await ingress.publish({ verify: { preset: "none", allowFrom: ["192.0.2.0/24", "2001:db8::/32"] } });
    expect((await from(hook, "192.0.2.77")).status).toBe(202);
    expect((await from(hook, "2001:db8::7")).status).toBe(202);
    // What stands left of the last hop is the sender's own claim.
    expect((await from(hook, "192.0.2.77, 198.51.100.1")).status).toBe(403);
    expect((await from(hook, "not an address")).status).toBe(403);
    const { status, json } = await from(hook, "198.51.100.1");
    expect([status, json.detail]).toEqual([403, "Requests from this address are not taken."]);
    expect(await ingress.runs(hook)).toHaveLength(2);
    expect((await ingress.deliveries(hook)).at(-1)).toMatchObject({
      verdict: "rejected",
      source_ip: "198.51.100.1",
      reason: "The sender's address 198.51.100.1 is not in any of the 2 allowed ranges.",
    });
  });

  test("must be verified besides where both are set", async () => {
    await ingress.addSecret("both", "s");
    const hook = await ingress.publish({ verify: { scheme: "bearer", secret: "both", allowFrom: ["192.0.2.1"] } });
    const send = (address: string, secret: string) =>
      ingress.send(hook.token, { headers: { "x-forwarded-for": address, authorization: `Bearer ${secret}` } });
    expect((await send("192.0.2.1", "s")).status).toBe(202);
    expect((await send("192.0.2.1", "t")).status).toBe(401);
    expect((await send("192.0.2.2", "s")).status).toBe(403);
  });
});

describe("a rate limit", () => {
  test("refuses what is beyond it with 429 and the time to wait, and records that", async () => {
    const hook = await ingress.publish({ rateLimit: { requests: 3, per: "1m" } });
    const other = await ingress.publish({ rateLimit: { requests: 3, per: "1m" } });
    const answers = [];
    for (let count = 0; count < 5; count++) answers.push(await ingress.send(hook.token));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 429, 429]);
    expect(Number(answers[4]?.headers["retry-after"])).toBeGreaterThan(10);
    expect((await ingress.send(other.token)).status).toBe(202);
    ingress.moveClock(20_000);
    expect((await ingress.send(hook.token)).status).toBe(202);
    expect(await ingress.runs(hook)).toHaveLength(4);
    expect((await ingress.deliveries(hook))[4]).toMatchObject({
      verdict: "rejected",
      answer_status: 429,
      reason: "More than 3 requests in 60 s, the limit of this endpoint.",
    });
  });

  test("is not used up by requests that fail the verification", async () => {
    await ingress.addSecret("limited", "s");
    const verify = { scheme: "bearer" as const, secret: "limited" };
    const hook = await ingress.publish({ verify, rateLimit: { requests: 1, per: "1h" } });
    for (let count = 0; count < 5; count++) expect((await ingress.send(hook.token)).status).toBe(401);
    expect((await ingress.send(hook.token, { headers: { authorization: "Bearer s" } })).status).toBe(202);
  });

  test("lets a period's requests through at once, then as many as the period fills", () => {
    let at = 0;
    const limits = createRateLimits(() => at);
    const pass = () => limits.refuse("e", { requests: 10, perMs: 1_000 }) === undefined;
    expect(Array.from({ length: 11 }, pass).filter(Boolean)).toHaveLength(10);
    let passed = 0;
    for (; at < 10_000; at += 10) if (pass()) passed++;
    expect(passed).toBeGreaterThanOrEqual(99);
    expect(passed).toBeLessThanOrEqual(100);
    at += 3_600_000;
    expect(Array.from({ length: 20 }, pass).filter(Boolean)).toHaveLength(10);
    at -= 1_000_000; // a clock that was set back gives nothing away and takes nothing
    expect(pass()).toBe(false);
  });
});

describe("the largest body", () => {
  test("is the endpoint's own, packed or not", async () => {
    const small = await ingress.publish({ maxBodyBytes: 1_000 });
    expect((await ingress.send(small.token, { body: "x".repeat(1_000) })).status).toBe(202);
    expect((await ingress.send(small.token, { body: "x".repeat(1_001) })).status).toBe(413);
    const packed = gzipSync("x".repeat(1_001));
    expect((await ingress.send(small.token, { body: packed, headers: { "content-encoding": "gzip" } })).status).toBe(
      413,
    );
    const large = await ingress.publish({ maxBodyBytes: 25 * 1_048_576 });
    expect((await ingress.send(large.token, { body: Buffer.alloc(25 * 1_048_576) })).status).toBe(202);
    expect((await ingress.send(large.token, { body: Buffer.alloc(25 * 1_048_576 + 1) })).status).toBe(413);
    const usual = await ingress.publish();
    expect((await ingress.send(usual.token, { body: Buffer.alloc(1_048_577) })).status).toBe(413);
    const [kept] = await ingress.rows(
      "SELECT octet_length(e.body) AS bytes FROM events e JOIN deliveries d ON d.event_id = e.id WHERE d.automation_id = $1 ORDER BY e.id",
      large.automationId,
    );
    expect(kept.bytes).toBe(25 * 1_048_576);
  });
});

test("a sender that hangs up gives back no room in memory before its body is recorded", async () => {
  const hook = await ingress.publish();
  const bytes = () => ingress.admissions[0]?.state().bytes;
  const client = await ingress.database.pool.connect();
  await client.query("BEGIN; LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE");
  try {
    const head = `POST /hooks/${hook.token} HTTP/1.1\r\nhost: a\r\ncontent-length: 50000\r\n\r\n`;
    const sender = connect(ingress.ports[0] ?? 0, "127.0.0.1").end(`${head}${"x".repeat(50_000)}`);
    await expect.poll(bytes).toBe(50_000);
    await expect.poll(() => ingress.admissions[0]?.state().submitted).toBe(1);
    sender.destroy();
    await setTimeout(100);
    expect(bytes()).toBe(50_000);
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
  await expect.poll(bytes).toBe(0);
  expect(await ingress.runs(hook)).toHaveLength(1);
});
