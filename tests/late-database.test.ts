import { readdirSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { openEmptyDatabase, type TestDatabase } from "@millrace/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type DatabaseProxy, startDatabaseProxy } from "./database-proxy.ts";
import { root, until } from "./millrace-process.ts";
import { type LaunchedRole, launchRole, newInstallation } from "./role-process.ts";

let database: TestDatabase;
let proxy: DatabaseProxy;
const processes: LaunchedRole[] = [];

beforeEach(async () => {
  database = await openEmptyDatabase();
  proxy = await startDatabaseProxy(database.url);
});
afterEach(async () => {
  for (const { signal } of processes) signal("SIGKILL");
  await Promise.all(processes.splice(0).map(({ exited }) => exited));
  await proxy.close();
  await database.close();
});

function launch(databaseUrl: string, installation = newInstallation(databaseUrl)): LaunchedRole {
  const launched = launchRole("ingress,api,worker", installation);
  // Some are meant to fail; those that are not are awaited.
  launched.ready.catch(() => undefined);
  processes.push(launched);
  return launched;
}

const waits = ({ output }: LaunchedRole): boolean => /waiting up to 30 s/.test(output());

test("three processes wait for a database that comes later, migrate it once, and all become ready", async () => {
  proxy.be("down");
  const installation = newInstallation(proxy.url);
  for (let n = 0; n < 3; n++) launch(proxy.url, installation);
  const said = () => processes.map(({ output }) => output()).join("\n");
  await until(() => processes.every(waits), 60_000, said);
  proxy.be("up");
  for (const { url } of await Promise.all(processes.map(({ ready }) => ready))) {
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  }
  const { host, password } = new URL(proxy.url);
  for (const { output } of processes) {
    expect(output().match(/waiting up to/g)).toHaveLength(1);
    expect(output()).toContain(`The database at ${host}`);
    if (password !== "") expect(output()).not.toContain(`:${password}@`);
  }
  const names = readdirSync(join(root, "prisma", "migrations")).filter((name) => /^\d{4}_/.test(name));
  const { rows } = await database.pool.query("SELECT migration_name AS name FROM _prisma_migrations ORDER BY 1");
  expect(rows.map(({ name }) => name)).toEqual(names.sort());
  expect((await database.pool.query("SELECT count(*)::int AS count FROM workspaces")).rows).toEqual([{ count: 1 }]);
  for (const { signal } of processes) signal("SIGTERM");
  expect(await Promise.all(processes.map(({ exited }) => exited))).toEqual([0, 0, 0]);
});

test("SIGTERM ends a process that waits for its database", async () => {
  proxy.be("down");
  const waiting = launch(proxy.url);
  await until(() => waits(waiting), 60_000, waiting.output);
  waiting.signal("SIGTERM");
  expect(await waiting.exited).toBe(0);
});

test("what waiting can't mend ends the start at once", async () => {
  const missing = new URL(database.url);
  missing.pathname = "/nowhere";
  const wrongPassword = await startRefusingServer("28P01");
  const stranger = new URL(database.url);
  stranger.port = String(wrongPassword.port);
  const [first, second] = [launch(missing.href), launch(stranger.href)];
  expect(await Promise.all([first.exited, second.exited])).toEqual([1, 1]);
  expect(first.output()).toContain("there is no such database");
  expect(second.output()).toContain("wrong user or password");
  for (const { output } of [first, second]) expect(output()).not.toContain("waiting up to");
  await wrongPassword.close();
});

test("a server that is starting up is waited for", async () => {
  const starting = await startRefusingServer("57P03");
  const url = new URL(database.url);
  url.port = String(starting.port);
  const waiting = launch(url.href);
  await until(() => waits(waiting), 60_000, waiting.output);
  expect(waiting.output()).toContain("starting up or shutting down");
  await starting.close();
});

/** Speaks as much of PostgreSQL's protocol as it takes to refuse a session; the database of the tests trusts everybody. */
async function startRefusingServer(code: string): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0Mrefused\0\0`);
      const head = Buffer.alloc(5);
      head.write("E");
      head.writeInt32BE(fields.length + 4, 1);
      socket.end(Buffer.concat([head, fields]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
