import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { pipelinedTransaction } from "./pipelined-transaction.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
  await database.pool.query("CREATE TABLE notes (text TEXT PRIMARY KEY)");
});
beforeEach(() => database.pool.query("TRUNCATE notes"));
afterAll(() => database.close());

const insert = (text: string) => ({ text: "INSERT INTO notes VALUES ($1)", values: [text] });
const notes = async () =>
  (await database.pool.query("SELECT text FROM notes ORDER BY text")).rows.map(({ text }) => text);
const keep = (write: () => pg.QueryConfig[]) =>
  pipelinedTransaction(database.pool, {
    read: async (client) => void (await client.query(insert("read"))),
    write,
  });

test("commits what was read and what was written", async () => {
  await keep(() => [insert("first"), insert("second")]);
  expect(await notes()).toEqual(["first", "read", "second"]);
});

test("keeps nothing where the server refuses a statement, and says which", async () => {
  await expect(keep(() => [insert("first"), insert("first"), insert("third")])).rejects.toMatchObject({
    code: "23505",
  });
  expect(await notes()).toEqual([]);
});

test("keeps nothing where a statement cannot even be made", async () => {
  const broken = () => {
    throw new Error("no such column");
  };
  await expect(keep(() => [insert("first"), broken()])).rejects.toThrow("no such column");
  expect(await notes()).toEqual([]);
});
