import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { binaryArray } from "./binary-array.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

/** PostgreSQL stores no NUL, and no half of a surrogate pair. */
const text = fc.string({ unit: "binary" }).map((value) => value.replaceAll("\0", ""));

test("PostgreSQL reads back every array of text, nulls and quotes and all", async () => {
  const arrays = fc.array(fc.option(text), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(arrays, async (values) => {
      const { rows } = await database.pool.query("SELECT $1::text[] AS back", [binaryArray("text", values)]);
      expect(rows[0].back).toEqual(values);
    }),
    { examples: [[[]], [[null]], [[""]], [['"', "\\", "{}", "NULL", "a,b", "𝄞", "\u007f\u0800"]]] },
  );
});

test("a long text gets the room that it needs, whatever it is of", async () => {
  const long = ["x".repeat(100_000), "\u0800𝄞é".repeat(30_000), "y".repeat(16_384)];
  const array = binaryArray("text", long);
  expect(array.buffer.byteLength).toBeLessThan(long.reduce((bytes, text) => bytes + Buffer.byteLength(text), 40_000));
  const { rows } = await database.pool.query("SELECT $1::text[] AS back", [array]);
  expect(rows[0].back).toEqual(long);
});

test("PostgreSQL reads back every array of bytes", async () => {
  const arrays = fc.array(fc.option(fc.uint8Array()), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(arrays, async (values) => {
      const { rows } = await database.pool.query("SELECT $1::bytea[] AS back", [binaryArray("bytea", values)]);
      expect(rows[0].back).toEqual(values.map((value) => value && Buffer.from(value)));
    }),
  );
});
