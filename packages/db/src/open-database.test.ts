import { createServer } from "node:net";
import { newId } from "@millrace/base";
import { openTestDatabase } from "@millrace/testing";
import { expect, test } from "vitest";
import { DatabaseUnreachable } from "./database-unreachable.ts";
import { openDatabase } from "./open-database.ts";

const options = { applicationName: "test", maxConnections: 3 };

test("survives the cut of every session and works again by itself", async () => {
  const database = await openTestDatabase();
  const errors: Error[] = [];
  const { pool, prisma, ping, close } = await openDatabase(database.url, {
    ...options,
    onError: (error) => errors.push(error),
  });
  try {
    await Promise.all([pool.query("SELECT 1"), pool.query("SELECT 1")]);
    const hung = pool.query("SELECT pg_sleep(60)").catch((error: unknown) => error);
    const cut = () =>
      database.pool.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test'");
    await cut();
    await cut();
    expect(await hung).toBeInstanceOf(Error);
    // A session that was cut a moment ago may be handed out once more before the pool hears of its end.
    await expect.poll(() => ping().then(() => "back", String), { timeout: 20_000 }).toBe("back");
    expect(await prisma.workspace.count()).toBe(0);
  } finally {
    await close();
    await database.close();
  }
});

test("sessions of the hot path let go of what they hold before the leases of those who wait for it end", async () => {
  const database = await openTestDatabase();
  const { hotPath, close } = await openDatabase(database.url, options);
  try {
    const settings =
      "SELECT current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('lock_timeout') AS lock";
    const today = await hotPath.laneOf({ run: [newId("run")] });
    expect(today).not.toBe(hotPath.anyDay);
    for (const { pool } of [today, hotPath.anyDay]) {
      expect((await pool.query(settings)).rows).toEqual([{ idle: "5s", lock: "3s" }]);
    }
  } finally {
    await close();
    await database.close();
  }
});

test.each([
  ["postgresql://ada:s3cret@127.0.0.1:1/flows", "127.0.0.1:1/flows can't be reached (nothing listens there)"],
  ["postgresql://ada:s3cret@no-such-host.invalid/flows", "no-such-host.invalid:5432/flows can't be reached"],
])("names the address it can't reach, without user or password", async (url, words) => {
  const error = await openDatabase(url, options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DatabaseUnreachable);
  expect((error as Error).message).toContain(words);
  expect((error as Error).message).not.toMatch(/ada|s3cret/);
});

test("says so when the password is wrong or the database is not there", async () => {
  const database = await openTestDatabase();
  try {
    const wrong = new URL(database.url);
    wrong.password = "s3cret";
    await expect(openDatabase(wrong.toString(), options)).rejects.toThrow("wrong user or password");
    const missing = new URL(database.url);
    missing.pathname = "/nowhere";
    await expect(openDatabase(missing.toString(), options)).rejects.toThrow("there is no such database");
  } finally {
    await database.close();
  }
});

test("gives up on a server that takes the connection and says nothing", async () => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const port = typeof address === "object" && address ? address.port : 0;
  try {
    await expect(openDatabase(`postgresql://a:b@127.0.0.1:${port}/c`, options)).rejects.toThrow("no answer in time");
  } finally {
    silent.close();
  }
});
