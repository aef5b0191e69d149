import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { inOneTransaction, pipelinedTransaction } from "./pipelined-transaction.ts";

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

test("statements that go out together are one transaction, each of which has its answer", async () => {
  const count = { text: "SELECT count(*)::int AS notes FROM notes" };
  const answers = await inOneTransaction(database.pool, [insert("first"), count]);
  expect(answers.map(({ rowCount }) => rowCount)).toEqual([1, 1]);
  expect(answers[1]?.rows).toEqual([{ notes: 1 }]);
  await expect(inOneTransaction(database.pool, [insert("second"), insert("first")])).rejects.toMatchObject({
    code: "23505",
  });
  expect(await notes()).toEqual(["first"]);
  expect(await inOneTransaction(database.pool, [count])).toMatchObject([{ rows: [{ notes: 1 }] }]);
});
