import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withAdvisoryLock } from "./advisory-lock.ts";

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
