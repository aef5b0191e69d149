import { chmod, chown, mkdtemp, readFile, realpath, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { systemDirectory } from "./data-directory.ts";
import { isProcessAlive } from "./postmaster.ts";
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from "./start-embedded-postgres.ts";
import { buildSupervisorProgram, type SupervisorProgram } from "./supervisor-program.fixture.ts";

const isRoot = process.getuid?.() === 0;
let home: string;
let running: EmbeddedPostgres[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "millrace-home-"));
  await chmod(home, 0o711);
});

afterEach(async () => {
  for (const server of running) await server.stop();
  running = [];
  const data = await realpath(join(home, "postgres")).catch(() => home);
  if (data.startsWith(`${systemDirectory}/postgres-`)) await rm(data, { recursive: true });
  await rm(home, { recursive: true, force: true });
});

async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ home, log: () => undefined, settings: { fsync: "off" }, ...options });
  running.push(server);
  return server;
}

async function stop(server: EmbeddedPostgres): Promise<void> {
  running = running.filter((other) => other !== server);
  await server.stop();
}

async function query(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

const portOf = (url: string): number => Number(new URL(url).port);

const listenOn = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });

test("keeps data, port and password from one start to the next, and leaves no process", async () => {
  const first = await start();
  await query(first.url, "CREATE TABLE kept AS SELECT 42 AS answer");
  const { pid, url } = first;
  await stop(first);
  expect(await isProcessAlive(pid)).toBe(false);
  expect((await stat(join(home, "postgres.json"))).mode & 0o777).toBe(0o600);
  const second = await start();
  expect(second.url).toBe(url);
  expect(await query(second.url, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
});

test("is durable, in UTF-8 with code point order, and takes connections of this machine with the password only", async () => {
  const server = await start({ settings: {} });
  const [settings] = await query(
    server.url,
    `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit, current_setting('full_page_writes') AS pages,
       current_setting('server_encoding') AS encoding, current_setting('listen_addresses') AS addresses,
       array_agg(x ORDER BY x) AS sorted FROM (VALUES ('b'), ('A'), ('a'), ('B')) AS t(x)`,
  );
  expect(settings).toEqual({
    fsync: "on",
    commit: "on",
    pages: "on",
    encoding: "UTF8",
    addresses: "127.0.0.1",
    sorted: ["A", "B", "a", "b"],
  });
  const wrong = new URL(server.url);
  wrong.password = "guess";
  await expect(query(wrong.toString(), "SELECT 1")).rejects.toThrow("password authentication failed");
});

test("works below a directory that only we may enter", async () => {
  await chmod(home, 0o700);
  const server = await start();
  expect(await query(server.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  const data = await realpath(join(home, "postgres"));
  expect(data.startsWith(isRoot ? `${systemDirectory}/postgres-` : home)).toBe(true);
  await stop(server);
  await start();
  expect(await realpath(join(home, "postgres"))).toBe(data);
});

test("takes another port, and keeps it, when the port is taken by another program", async () => {
  const first = await start();
  const port = portOf(first.url);
  await stop(first);
  const squatter = await listenOn(port);
  try {
    const second = await start();
    expect(portOf(second.url)).not.toBe(port);
    expect(JSON.parse(await readFile(join(home, "postgres.json"), "utf8")).port).toBe(portOf(second.url));
    await stop(second);
    await expect(start({ port })).rejects.toThrow(`Port ${port} for PostgreSQL is taken by another program.`);
  } finally {
    squatter.close();
  }
});

test("refuses data of another major version, naming both", async () => {
  await stop(await start());
  await writeFile(join(home, "postgres", "PG_VERSION"), "17\n");
  await expect(start()).rejects.toThrow(/written by PostgreSQL 17.*brings PostgreSQL 18/);
});

test("refuses a second process on the same home, naming the first", async () => {
  await start();
  await expect(start()).rejects.toThrow(`Another Millrace (process ${process.pid}) is running on ${home}.`);
});

test("refuses data whose password is gone, and a postgres.json that can't be right", async () => {
  await stop(await start());
  const file = join(home, "postgres.json");
  await writeFile(file, "{}");
  await expect(start()).rejects.toThrow(`${file} must hold`);
  await rm(file);
  await expect(start()).rejects.toThrow(`${file} is missing`);
});

test("is not misled by a pid file whose process is another program now", async () => {
  const first = await start();
  await stop(first);
  await writeFile(
    join(home, "postgres", "postmaster.pid"),
    `${process.pid}\n${join(home, "postgres")}\n1\n${portOf(first.url)}\n`,
  );
  const second = await start();
  expect(await query(second.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("starts the server again on the same port when it is killed", async () => {
  const messages: string[] = [];
  const server = await start({ log: (message) => messages.push(message) });
  await query(server.url, "CREATE TABLE kept AS SELECT 1 AS one");
  const { pid } = server;
  process.kill(pid, "SIGKILL");
  await vi.waitFor(async () => expect(await query(server.url, "SELECT one FROM kept")).toEqual([{ one: 1 }]), {
    timeout: 30_000,
  });
  await vi.waitFor(() => expect(server.pid).not.toBe(pid), { timeout: 10_000 });
  expect(messages.join("\n")).toContain("ended unexpectedly");
});

test("holds on to its home when its own session is cut", async () => {
  const server = await start();
  await query(
    server.url,
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'millrace supervisor%'",
  );
  await vi.waitFor(
    async () => {
      const rows = await query(
        server.url,
        "SELECT 1 FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE application_name LIKE 'millrace supervisor%' AND locktype = 'advisory'",
      );
      expect(rows).toHaveLength(1);
    },
    { timeout: 10_000 },
  );
  await expect(start()).rejects.toThrow("Another Millrace");
});

describe("beside another process", () => {
  let program: SupervisorProgram;
  beforeAll(async () => {
    program = await buildSupervisorProgram();
    return () => program.remove();
  });

  test("takes over the server of a process that was killed, with its data", async () => {
    const killed = await program.start(home);
    await query(killed.url, "CREATE TABLE kept AS SELECT 42 AS answer");
    await expect(start()).rejects.toThrow(`Another Millrace (process ${killed.process.pid}) is running`);
    killed.process.kill("SIGKILL");
    const server = await start();
    expect(server).toMatchObject({ pid: killed.serverPid, url: killed.url });
    expect(await query(server.url, "SELECT answer FROM kept")).toEqual([{ answer: 42 }]);
    await stop(server);
    expect(await isProcessAlive(killed.serverPid)).toBe(false);
  });

  test("outlives a Ctrl-C in the terminal, which reaches the whole process group", async () => {
    const { process: supervisor, serverPid, url } = await program.start(home);
    process.kill(-(supervisor.pid ?? 0), "SIGINT");
    expect(await query(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    supervisor.kill("SIGKILL");
    expect((await start()).pid).toBe(serverPid);
  });

  test("runs as an ordinary user", async () => {
    const user = isRoot ? { uid: 65_534, gid: 65_534 } : undefined;
    if (user) await chown(home, user.uid, user.gid);
    const { process: supervisor, serverPid, url } = await program.start(home, user);
    expect(await query(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect((await stat(join(home, "postgres"))).uid).toBe(user?.uid ?? process.getuid?.());
    supervisor.kill("SIGKILL");
    // As root it takes over what the ordinary user began.
    expect((await start()).pid).toBe(serverPid);
  });
});
