import { connect, type Socket } from "node:net";
import { openEmptyDatabase, type StubServer, startStubServer, type TestDatabase } from "@millrace/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { until } from "./millrace-process.ts";
import { type Installation, newInstallation, type RoleProcess, startRole } from "./role-process.ts";

let database: TestDatabase;
let installation: Installation;
let stub: StubServer;
let release = () => {};
const processes: RoleProcess[] = [];

beforeEach(async () => {
  database = await openEmptyDatabase();
  installation = newInstallation(database.url);
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  stub = await startStubServer(async () => {
    await released;
    return { json: { ok: true } };
  });
});
afterEach(async () => {
  release();
  for (const { signal } of processes) signal("SIGKILL");
  await Promise.all(processes.splice(0).map(({ exited }) => exited));
  await stub.close();
  await database.close();
});

async function start(roles = "ingress,api,worker", env: Record<string, string> = {}): Promise<RoleProcess> {
  const started = await startRole(roles, installation, env);
  processes.push(started);
  return started;
}

/** Calls the stub, which answers once it is released. */
const heldUp = () => ({ id: "call", action: "http.request", input: { method: "POST", url: stub.url } });

async function publish({ client }: RoleProcess, step: object = heldUp()): Promise<string> {
  const definition = { millrace: 1, name: "Stopped", trigger: { type: "webhook" }, steps: [step] };
  const { webhookUrl } = await client.automations.push({ definition, publish: true });
  if (webhookUrl === null) throw new Error("The automation has no webhook.");
  return new URL(webhookUrl).pathname;
}

async function post({ url }: RoleProcess, path: string): Promise<string> {
  const answer = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { runId: string }).runId;
}

/** A run whose step waits for the stub. */
async function beginRun(server: RoleProcess): Promise<string> {
  const runId = await post(server, await publish(server));
  await until(() => stub.requests.length === 1, 20_000, server.output);
  return runId;
}

const runIn = async (runId: string) =>
  (await database.pool.query("SELECT status, lease_owner FROM runs WHERE id = $1", [runId])).rows[0];

function refuses({ url }: RoleProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const socket: Socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.once("connect", () => resolve(false)).once("error", () => resolve(true));
    socket.once("connect", () => socket.destroy());
  });
}

type Ended = "told that it was the last" | "without an answer";

/** One connection that sends a webhook `pauseMs` after the one before was answered, until an answer says `connection: close`. */
function keepSending(port: number, path: string, pauseMs: number): { heard: number[]; ended: Promise<Ended> } {
  const request = `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`;
  const heard: number[] = [];
  const socket = connect(port, "127.0.0.1");
  let text = "";
  let ended: Ended = "without an answer";
  socket.on("data", (chunk) => {
    text += chunk.toString();
    const bodyAt = text.indexOf("\r\n\r\n") + 4;
    const head = text.slice(0, bodyAt);
    if (bodyAt < 4 || text.length - bodyAt < Number(/content-length: (\d+)/i.exec(head)?.[1])) return;
    heard.push(Number(head.split(" ", 2)[1]));
    text = "";
    if (/connection: close/i.test(head)) ended = "told that it was the last";
    else setTimeout(() => socket.write(request), pauseMs);
  });
  socket.on("error", () => undefined);
  socket.write(request);
  return { heard, ended: new Promise((resolve) => socket.on("close", () => resolve(ended))) };
}

describe("SIGTERM", () => {
  test("answers the request and finishes the run that are under way, takes nothing new, and exits with 0", async () => {
    const server = await start();
    const path = await publish(server);
    const runId = await post(server, path);
    await until(() => stub.requests.length === 1, 20_000, server.output);
    // A request whose body is only half here.
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    let heard = "";
    socket.on("data", (chunk) => {
      heard += chunk.toString();
    });
    socket.write(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{`);
    await until(async () => /millrace_runs_active 1/.test(await (await fetch(`${server.url}/metrics`)).text()), 10_000);

    server.signal("SIGTERM");
    await until(() => refuses(server), 5_000, server.output);
    socket.write("}");
    await until(() => heard.includes("\r\n\r\n"), 9_000);
    expect(heard).toMatch(/^HTTP\/1\.1 202 /);
    release();
    expect(await server.exited).toBe(0);
    expect(await runIn(runId)).toEqual({ status: "succeeded", lease_owner: null });
    // The half request's run was carried out too if there was time, or is there for the next process.
    const { rows } = await database.pool.query("SELECT status, lease_owner FROM runs WHERE id <> $1", [runId]);
    expect(rows).toEqual([{ status: expect.stringMatching(/^(queued|succeeded)$/), lease_owner: null }]);
    expect(server.output()).not.toMatch(/"level":(50|60)/);
  });

  test("every request over a busy connection is answered, the last one saying so, and none is reset", async () => {
    const server = await start();
    const path = await publish(server, { id: "note", set: { received: true } });
    const port = Number(new URL(server.url).port);
    // At any time, some are idle and some wait for an answer.
    const senders = Array.from({ length: 20 }, (_, n) => keepSending(port, path, n * 7));
    await until(() => senders.every(({ heard }) => heard.length > 5), 20_000, server.output);
    server.signal("SIGTERM");
    expect(await Promise.all(senders.map(({ ended }) => ended))).toEqual(
      senders.map(() => "told that it was the last"),
    );
    const heard = senders.flatMap((sender) => sender.heard);
    expect(heard.filter((status) => status !== 202 && status !== 503)).toEqual([]);
    expect(await server.exited).toBe(0);
    const { rows } = await database.pool.query("SELECT count(*)::int AS count FROM runs");
    expect(rows).toEqual([{ count: heard.filter((status) => status === 202).length }]);
    expect(server.output()).not.toMatch(/"level":(50|60)/);
  });

  test("twice ends at once, and what was under way is taken up by the next process, under the same key", async () => {
    const server = await start();
    const runId = await beginRun(server);
    server.signal("SIGTERM");
    await until(() => refuses(server), 5_000, server.output);
    const secondAt = performance.now();
    server.signal("SIGTERM");
    expect(await server.exited).toBe(1);
    expect(performance.now() - secondAt).toBeLessThan(2_000);
    expect((await runIn(runId)).status).toBe("running");

    await start();
    release();
    await until(async () => (await runIn(runId)).status === "succeeded", 60_000);
    const keys = stub.requests.map(({ headers }) => headers["idempotency-key"]);
    expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
  });
});

test("an error that nobody handled ends the process with 1, and its runs are another worker's at once", async () => {
  const onSignal = "process.on('SIGWINCH', () => { throw new Error('not handled, on purpose'); })";
  const server = await start("ingress,api,worker", {
    NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(onSignal)}`,
  });
  const runId = await beginRun(server);
  server.signal("SIGWINCH");
  expect(await server.exited).toBe(1);
  expect(server.output()).toMatch(/"level":60.*not handled, on purpose/);
  expect(await runIn(runId)).toEqual({ status: "queued", lease_owner: null });
});
