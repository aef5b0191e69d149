import { readdirSync } from "node:fs";
import { getPriority, platform } from "node:os";
import {
  openEmptyDatabase,
  type StubServer,
  startStubServer,
  startTestRedis,
  type TestDatabase,
  type TestRedis,
} from "@millrace/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "./millrace-process.ts";
import { type Installation, newInstallation, type RoleProcess, startRole } from "./role-process.ts";

// The layout of docker-compose.yml and deploy/kubernetes as plain processes: two for requests, two workers, Redis, PostgreSQL.
const webhooks = 200;
// So much for one worker that the other one surely gets some.
const workerRoom = { WORKER_CONCURRENCY: "20" };
const answerLate = () => ({ json: { ok: true }, afterMs: 50 });

let database: TestDatabase;
let redis: TestRedis;
let stub: StubServer;
let servers: RoleProcess[] = [];
let workers: RoleProcess[] = [];

beforeAll(async () => {
  [database, redis, stub] = await Promise.all([openEmptyDatabase(), startTestRedis(), startStubServer(answerLate)]);
  const installation: Installation = newInstallation(database.url, redis.url);
  // All at once on an empty database: one migrates, the others wait for it.
  const all = await Promise.all(
    ["ingress,api", "ingress,api", "worker", "worker"].map((roles) => startRole(roles, installation, workerRoom)),
  );
  servers = all.slice(0, 2);
  workers = all.slice(2);
});
afterAll(async () => {
  const all = [...servers, ...workers];
  for (const { signal } of all) signal("SIGTERM");
  const codes = await Promise.all(all.map(({ exited }) => exited));
  await Promise.all([database?.close(), redis?.stop(), stub?.close()]);
  expect(codes).toEqual(all.map(() => 0));
});

async function deliver(url: string, n: number): Promise<string> {
  for (;;) {
    const headers = { "content-type": "application/json", "x-event-id": `event-${n}` };
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ n }) });
    const body = (await answer.json()) as { runId: string };
    if (answer.ok) return body.runId;
    expect([answer.status, Number(answer.headers.get("retry-after"))]).toEqual([503, expect.any(Number)]);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

test("200 webhooks over two ingress processes run once each, on both workers", async () => {
  const [first] = servers;
  if (!first) throw new Error("No process started.");
  const definition = {
    millrace: 1,
    name: "Scale out",
    trigger: { type: "webhook", dedupe: "{{ trigger.headers['x-event-id'] }}" },
    steps: [
      {
        id: "call",
        action: "http.request",
        input: { method: "POST", url: stub.url, bodyType: "json", body: { n: "{{ trigger.body.n }}" } },
      },
      { id: "count", action: "keyvalue.increment", input: { key: "delivered" } },
    ],
  };
  const { webhookUrl } = await first.client.automations.push({ definition, publish: true });
  const path = new URL(webhookUrl ?? "").pathname;

  // Every event is sent to both, as senders do that lost the first answer, and again after a 503.
  const sent = Array.from({ length: webhooks }, (_, n) => servers.map(({ url }) => deliver(url + path, n)));
  const runIds = await Promise.all(sent.flat());
  expect(new Set(runIds).size).toBe(webhooks);

  const left = async () =>
    (await database.pool.query("SELECT count(*)::int AS n FROM runs WHERE status <> 'succeeded'")).rows[0].n;
  await until(async () => (await left()) === 0, 60_000);
  const called = stub.requests.map(({ json }) => JSON.stringify(json));
  expect([called.length, new Set(called).size]).toEqual([webhooks, webhooks]);
  expect(await first.client.keyvalue.get({ key: "delivered" })).toMatchObject({ value: webhooks });

  const figures = await Promise.all(workers.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()));
  const ended = figures.map((text) =>
    Number(/^millrace_runs_total\{status="succeeded"\} (\d+)$/m.exec(text)?.[1] ?? 0),
  );
  expect(ended[0]).toBeGreaterThan(0);
  expect(ended[1]).toBeGreaterThan(0);
  expect((ended[0] ?? 0) + (ended[1] ?? 0)).toBe(webhooks);
});

test("where they share processors, those that only work leave them to those that take webhooks, with each thread", async () => {
  const threads = ({ pid }: RoleProcess) =>
    platform() === "linux" ? readdirSync(`/proc/${pid}/task`).map(Number) : [pid];
  const priorities = (processes: readonly RoleProcess[]) => processes.flatMap(threads).map((id) => getPriority(id));
  await until(async () => Math.min(...priorities(workers)) > Math.max(...priorities(servers)), 10_000);
});

test("each process says by itself whether it is ready, and the metrics hold no name, key or payload", async () => {
  for (const { url } of [...servers, ...workers]) {
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ ready: true, draining: false, failing: [] });
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).not.toMatch(/Scale out|delivered|mlr_|event-1|postgresql:|127\.0\.0\.1/);
    for (const name of ["millrace_database_sessions", "millrace_oldest_seconds", "millrace_event_loop_utilization"])
      expect(text).toContain(`\n${name}`);
  }
  const [worker] = workers;
  const text = await (await fetch(`${worker?.url}/metrics`)).text();
  expect(text).toMatch(/millrace_step_seconds_count\{action="http\.request",status="succeeded"\} \d+/);
  expect((await fetch(`${worker?.url}/hooks/${"x".repeat(32)}`, { method: "POST" })).status).toBe(404);
});
