import { createServer, type Server, request as sendRaw } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import type { Trigger } from "@millrace/automation";
import { newId } from "@millrace/base";
import { createIntake, createRunOutcomes } from "@millrace/db";
import type { Intake } from "@millrace/engine";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { generateVaultKey, parseVaultKeys } from "@millrace/vault";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createAdmission } from "./admission.ts";
import { admit, nodeExchange } from "./exchange.ts";
import { createIngress } from "./ingress.ts";
import type { IngressEndpoint } from "./ingress-services.ts";
import { patient } from "./open-test-ingress.fixture.ts";
import { createStatusLinks } from "./status-links.ts";

const token = "abcdefghijklmnopqrstuvwxyz012345";
const webhook = (trigger: object = {}): Trigger => ({ type: "webhook", ...trigger }) as Trigger;

let database: TestDatabase;
let server: Server;
let base = "";
let endpoint: IngressEndpoint;
let intake: Intake;
let rings: string[][];
let observed: string[];

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

beforeEach(async () => {
  server?.close();
  intake = createIntake(database.hotPath);
  rings = [];
  observed = [];
  endpoint = {
    ...{ endpointId: newId("endpoint"), originEndpointId: newId("endpoint") },
    workspaceId: newId("workspace"),
    automationId: newId("automation"),
    enabled: true,
    versionId: newId("version"),
    trigger: webhook(),
    gone: null,
  };
  const log = { info() {}, warn() {}, error() {} };
  const admission = createAdmission({ log, limits: patient });
  const ingress = createIngress({
    admission,
    endpoints: { findByToken: async (given) => (given === token ? endpoint : undefined) },
    intake: admission.limitWrites({
      accept: (request) => intake.accept(request),
      refuse: (request) => intake.refuse(request),
      start: (request) => intake.start(request),
    }),
    doorbell: {
      async ring(_workspaceId, runIds) {
        rings.push([...runIds]);
      },
    },
    live: { publish() {}, subscribe: () => () => undefined },
    outcomes: createRunOutcomes(database.pool),
    statusLinks: createStatusLinks(parseVaultKeys(generateVaultKey("k1")), "https://hooks.example.com"),
    signingSecrets: { open: async () => [] },
    egress: { fetch: () => Promise.reject(new Error("no request leaves")) },
    publicUrl: "https://hooks.example.com",
    clock: { now: () => new Date() },
    log,
    trustedProxies: 0,
    observe: (verdict) => observed.push(verdict),
    awaitsRun() {},
  });
  server = createServer((request, response) => admit(ingress, nodeExchange(request, response)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

type Sent = { status: number; body: Record<string, unknown>; retryAfter: string | null };

async function post(
  body: string | Buffer,
  headers: Record<string, string> = {},
  path = `/hooks/${token}`,
): Promise<Sent> {
  const answer = await fetch(base + path, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });
  return {
    status: answer.status,
    body: (await answer.json()) as Record<string, unknown>,
    retryAfter: answer.headers.get("retry-after"),
  };
}

const count = async (table: "runs" | "deliveries" | "events"): Promise<number> => {
  const { rows } = await database.pool.query(`SELECT count(*)::int AS n FROM ${table} WHERE workspace_id = $1`, [
    endpoint.workspaceId,
  ]);
  return rows[0].n;
};
const lastDelivery = async () =>
  (
    await database.pool.query("SELECT * FROM deliveries WHERE workspace_id = $1 ORDER BY id DESC LIMIT 1", [
      endpoint.workspaceId,
    ])
  ).rows[0];

describe("an accepted webhook", () => {
  test("is committed with its event and run before it is answered, and rung after", async () => {
    const { status, body } = await post('{"name":"Ada"}');
    expect({ status, body }).toEqual({
      status: 202,
      body: { runId: expect.stringMatching(/^run_/), status: "queued" },
    });
    expect([await count("runs"), await count("deliveries"), await count("events")]).toEqual([1, 1, 1]);
    expect(await lastDelivery()).toMatchObject({
      verdict: "accepted",
      run_id: body.runId,
      answer_status: 202,
      size_bytes: 14,
    });
    expect(rings).toEqual([[body.runId]]);
    expect(observed).toEqual(["accepted"]);
  });

  test("keeps the bytes and headers as they came, NUL and invalid UTF-8 included", async () => {
    const bytes = Buffer.from([0x00, 0xff, 0x7b, 0x0a]);
    const { status } = await post(bytes, { "content-type": "application/octet-stream", "x-odd": "caf\u00e9" });
    expect(status).toBe(202);
    const { rows } = await database.pool.query("SELECT body, headers_json FROM events WHERE workspace_id = $1", [
      endpoint.workspaceId,
    ]);
    expect(rows[0].body.equals(bytes)).toBe(true);
    expect(rows[0].headers_json).toContain("x-odd");
  });

  test("may be packed, and is stored unpacked", async () => {
    const { status } = await post(gzipSync('{"a":1}'), { "content-encoding": "gzip" });
    expect(status).toBe(202);
    const { rows } = await database.pool.query("SELECT body FROM events WHERE workspace_id = $1", [
      endpoint.workspaceId,
    ]);
    expect(rows[0].body.toString()).toBe('{"a":1}');
  });

  test("leaves prototypes alone, whatever its keys are called", async () => {
    endpoint.trigger = webhook({ dedupe: "{{ trigger.body.constructor }}" });
    await post('{"__proto__":{"polluted":1},"constructor":"key"}');
    expect((await lastDelivery()).dedupe_key).toBe("key");
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("a dedupe key", () => {
  test("starts one run for a hundred requests at once, and tells each the same id", async () => {
    endpoint.trigger = webhook({ dedupe: "{{ trigger.headers['x-event-id'] }}" });
    const answers = await Promise.all(Array.from({ length: 100 }, () => post("{}", { "x-event-id": "e1" })));
    expect(new Set(answers.map(({ body }) => body.runId)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status, body }) => status === 200 && body.duplicate === true)).toHaveLength(99);
    expect([await count("runs"), await count("deliveries"), rings.length]).toEqual([1, 100, 1]);
  });

  test("may be the body: the same bytes start one run, whatever the headers say", async () => {
    endpoint.trigger = webhook({ dedupe: "body" });
    const first = await post('{"n":1}', { "x-event-id": "e1" });
    const again = await post('{"n":1}', { "x-event-id": "e2" });
    const other = await post('{"n": 1}', { "x-event-id": "e1" });
    expect([first.status, again.status, other.status]).toEqual([202, 200, 202]);
    expect(again.body).toMatchObject({ duplicate: true, runId: first.body.runId });
    expect(await count("runs")).toBe(2);
  });

  test("that a request lacks refuses it, naming the path", async () => {
    endpoint.trigger = webhook({ dedupe: "{{ trigger.headers['x-event-id'] }}" });
    const { status, body } = await post("{}");
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { code: "dedupe_failed", detail: expect.stringContaining("x-event-id") },
    });
    expect([await count("runs"), await count("deliveries")]).toEqual([0, 1]);
  });
});

describe("an order key", () => {
  const orderKeys = async () =>
    (
      await database.pool.query("SELECT order_key FROM runs WHERE workspace_id = $1 ORDER BY id", [
        endpoint.workspaceId,
      ])
    ).rows.map(({ order_key }) => order_key);

  test("is the same for runs of the same text, and absent where the text is empty", async () => {
    endpoint.trigger = webhook({ order: "{{ trigger.body.customer }}" });
    for (const customer of ["a", "b", "a", "", null]) await post(JSON.stringify({ customer }));
    const [a, b, again, ...none] = await orderKeys();
    expect([a === again, a === b, none]).toEqual([true, false, ["", ""]]);
  });

  test("that a request lacks refuses it", async () => {
    endpoint.trigger = webhook({ order: "{{ trigger.body.customer }}" });
    expect(await post("{}")).toMatchObject({ status: 400, body: { code: "order_failed" } });
  });
});

describe("a filter", () => {
  test("answers 200 without a run where it is not true, and records the request", async () => {
    endpoint.trigger = webhook({ filter: "trigger.body.kind == 'order'" });
    expect(await post('{"kind":"ping"}')).toMatchObject({ status: 200, body: { status: "filtered" } });
    expect(await post('{"kind":"order"}')).toMatchObject({ status: 202 });
    expect([await count("runs"), await count("deliveries")]).toEqual([1, 2]);
  });
});

describe("a request that starts no run is recorded with its answer", () => {
  test.each([
    ["to an automation that was never published", { versionId: null, trigger: null }, 409, "not_published"],
    ["to a paused automation", { enabled: false }, 409, "paused"],
    ["to one that is started by hand", { trigger: { type: "manual" } as Trigger }, 409, "no_webhook_trigger"],
  ])("%s", async (_name, change, status, code) => {
    Object.assign(endpoint, change);
    expect(await post('{"a":1}')).toMatchObject({ status, body: { code } });
    expect(await lastDelivery()).toMatchObject({ verdict: "rejected", answer_status: status });
    expect([await count("runs"), await count("events")]).toEqual([0, 1]);
  });

  test("with a body that inflates beyond the limit", async () => {
    const bomb = gzipSync(Buffer.alloc(20 * 1_048_576));
    expect(await post(bomb, { "content-encoding": "gzip" })).toMatchObject({
      status: 413,
      body: { code: "too_large" },
    });
    expect(await lastDelivery()).toMatchObject({ verdict: "rejected", answer_status: 413 });
  });

  test("with a body that ends in the middle", async () => {
    const broken = new Promise<void>((resolve) => {
      const request = sendRaw(`${base}/hooks/${token}`, { method: "POST", headers: { "content-length": "100" } });
      request.on("error", () => resolve());
      request.write('{"half":');
      server.once("request", () => request.destroy());
    });
    await broken;
    const deadline = Date.now() + 5_000;
    while ((await count("deliveries")) === 0 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await lastDelivery()).toMatchObject({ verdict: "rejected", answer_status: 400 });
    expect(await count("runs")).toBe(0);
  });
});

test("what could not be committed is answered 503 with Retry-After, never 2xx", async () => {
  intake = { ...intake, accept: () => Promise.reject(new Error("the database is away")) };
  expect(await post("{}")).toMatchObject({ status: 503, retryAfter: "2", body: { code: "unavailable" } });
  expect(rings).toEqual([]);
});
