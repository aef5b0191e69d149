import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { tryAdvisoryLock, withAdvisoryLock } from "./advisory-lock.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

test("work of one name runs one at a time, work of another name beside it", async () => {
  let running = 0;
  let most = 0;
  const work = async () => {
    running++;
    most = Math.max(most, running);
    await database.pool.query("SELECT 1");
    running--;
  };
  await Promise.all(Array.from({ length: 4 }, () => withAdvisoryLock(database.pool, "first start", work)));
  expect(most).toBe(1);
  await withAdvisoryLock(database.pool, "a", () => withAdvisoryLock(database.pool, "b", work));
});

test("work that fails gives the lock back", async () => {
  const fail = () => withAdvisoryLock(database.pool, "c", () => Promise.reject(new Error("no")));
  await expect(fail()).rejects.toThrow("no");
  await expect(fail()).rejects.toThrow("no");
});

test("one holds it until it lets go, and knows when its session was cut", async () => {
  const first = await tryAdvisoryLock(database.pool, "d");
  expect(first?.isHeld()).toBe(true);
  expect(await tryAdvisoryLock(database.pool, "d")).toBeUndefined();
  first?.release();
  // The server ends a session a moment after its client has.
  const second = await vi.waitFor(async () => {
    const lock = await tryAdvisoryLock(database.pool, "d");
    expect(lock).toBeDefined();
    return lock;
  }, 30_000);
  await database.pool.query(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
  );
  await vi.waitFor(() => expect(second?.isHeld()).toBe(false), 30_000);
  second?.release();
});
