import { openEmptyDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DatabaseProxy, startDatabaseProxy } from "./database-proxy.ts";
import { until } from "./millrace-process.ts";
import { newInstallation, type RoleProcess, startRole } from "./role-process.ts";

let database: TestDatabase;
let proxy: DatabaseProxy;
let server: RoleProcess;
let webhook = "";

beforeAll(async () => {
  database = await openEmptyDatabase();
  // As a user of its own, so that PostgreSQL can refuse it connections.
  const name = `limited_${new URL(database.url).pathname.slice(1)}`;
  await database.pool.query(`CREATE ROLE ${name} LOGIN PASSWORD 'limited' IN ROLE pg_read_all_data`);
  await database.pool.query(`ALTER DATABASE ${new URL(database.url).pathname.slice(1)} OWNER TO ${name}`);
  await database.pool.query(`GRANT ALL ON SCHEMA public TO ${name}`);
  const url = new URL(database.url);
  url.username = name;
  url.password = "limited";
  proxy = await startDatabaseProxy(url.href);
  server = await startRole("ingress,api", newInstallation(proxy.url));
  const definition = {
    millrace: 1,
    name: "Overload",
    trigger: { type: "webhook" },
    steps: [{ id: "a", set: { x: 1 } }],
  };
  const { webhookUrl } = await server.client.automations.push({ definition, publish: true });
  webhook = server.url + new URL(webhookUrl ?? "").pathname;
});
afterAll(async () => {
  server?.signal("SIGKILL");
  await server?.exited;
  await proxy?.close();
  const role = new URL(proxy.url).username;
  await database?.pool.query(`REASSIGN OWNED BY ${role} TO CURRENT_USER`);
  await database?.pool.query(`DROP OWNED BY ${role}`);
  await database?.pool.query(`DROP ROLE ${role}`);
  await database?.close();
});

type Answer = { status: number; retryAfter: number; tookMs: number };

async function post(): Promise<Answer> {
  const startedAt = performance.now();
  const answer = await fetch(webhook, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
    signal: AbortSignal.timeout(15_000),
  });
  await answer.arrayBuffer();
  const retryAfter = Number(answer.headers.get("retry-after"));
  return { status: answer.status, retryAfter, tookMs: performance.now() - startedAt };
}

const metric = async (name: string): Promise<number> =>
  Number(new RegExp(`^${name} (\\S+)$`, "m").exec(await (await fetch(`${server.url}/metrics`)).text())?.[1]);
const readiness = async () => (await fetch(`${server.url}/readyz`)).status;
const runs = async (): Promise<number> => (await database.pool.query("SELECT count(*)::int AS n FROM runs")).rows[0].n;

beforeEach(async () => {
  await until(async () => (await post()).status === 202, 20_000, server.output);
});

/** Each way to take the database away, and to give it back. */
const outages: [string, { begin(): Promise<void>; end(): Promise<void> }][] = [
  ["is down", { begin: async () => proxy.be("down"), end: async () => proxy.be("up") }],
  ["takes connections and says nothing", { begin: async () => proxy.be("silent"), end: async () => proxy.be("up") }],
  ["has a lock on the table of runs", lockOnRuns()],
  ["has no connection left for us", noConnections()],
];

describe.each(outages)("while PostgreSQL %s", (_name, { begin, end }) => {
  test("every webhook is answered 503 with Retry-After, memory stays, and it recovers by itself", async () => {
    const bytesBefore = await metric("process_resident_memory_bytes");
    const runsBefore = await runs();
    await begin();
    const answers: Answer[] = [];
    // Three rounds, so that the later ones meet a process that knows already.
    for (let round = 0; round < 3; round++) answers.push(...(await Promise.all(Array.from({ length: 200 }, post))));
    expect(await readiness()).toBe(503);
    await end();
    const slowest = Math.max(...answers.map(({ tookMs }) => tookMs));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
    expect(answers.filter(({ retryAfter }) => !(retryAfter >= 1 && retryAfter <= 2))).toEqual([]);
    // The bar is 2 s; the machine that runs the tests may be busy, and a hang would last as long as the outage.
    expect(slowest).toBeLessThan(8_000);
    const endedAt = performance.now();
    await until(async () => (await post()).status === 202, 20_000, server.output);
    const grownMb = ((await metric("process_resident_memory_bytes")) - bytesBefore) / 1_048_576;
    console.log(
      `slowest 503 ${slowest.toFixed(0)} ms, first 202 ${(performance.now() - endedAt).toFixed(0)} ms after, memory ${grownMb.toFixed(0)} MB`,
    );
    expect(grownMb).toBeLessThan(50);
    // What was refused may have been stored only where it was on its way already: 300 at most.
    expect((await runs()) - runsBefore).toBeLessThanOrEqual(301);
    await until(async () => (await readiness()) === 200, 20_000);
  });
});

test("more requests than can wait are refused at once, and those that were taken are answered", async () => {
  const answers = await Promise.all(Array.from({ length: 1_500 }, post));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 503]));
  const refused = answers.filter(({ status }) => status === 503);
  expect(refused.filter(({ retryAfter }) => !(retryAfter >= 1 && retryAfter <= 2))).toEqual([]);
  const text = await (await fetch(`${server.url}/metrics`)).text();
  expect(text).toMatch(/millrace_webhooks_total\{verdict="accepted",status="202"\} \d+/);
  expect(text).toMatch(/millrace_admission_requests\{stage="queued"\} 0/);
  expect(await metric("millrace_admission_bytes")).toBe(0);
});

function lockOnRuns() {
  let unlock = async () => {};
  return {
    async begin() {
      const client = await database.pool.connect();
      await client.query("BEGIN; LOCK TABLE runs IN ACCESS EXCLUSIVE MODE");
      unlock = async () => {
        await client.query("ROLLBACK");
        client.release();
      };
    },
    end: () => unlock(),
  };
}

function noConnections() {
  const role = () => new URL(proxy.url).username;
  return {
    async begin() {
      await database.pool.query(`ALTER ROLE ${role()} CONNECTION LIMIT 0`);
      await database.pool.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", [role()]);
    },
    async end() {
      await database.pool.query(`ALTER ROLE ${role()} CONNECTION LIMIT -1`);
    },
  };
}
