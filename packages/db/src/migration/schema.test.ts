import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { openTestDatabase } from "@millrace/testing";
import { expect, test } from "vitest";
import { Prisma } from "../generated/client.ts";
import { schemaHash } from "../generated/schema-hash.ts";
import { openDatabase } from "../open-database.ts";

const schemaFile = new URL("../../../../prisma/schema.prisma", import.meta.url);

test("the committed client is the schema's own: after a change, run `npm run prisma -- generate`", async () => {
  expect(
    createHash("sha256")
      .update(await readFile(schemaFile))
      .digest("hex"),
  ).toBe(schemaHash);
});

test("every model can be queried, and its columns are those that the migrations made", async () => {
  const database = await openTestDatabase();
  const { prisma, close } = await openDatabase(database.url, { applicationName: "test", maxConnections: 5 });
  try {
    const queries = Object.values(Prisma.ModelName).map((model) => {
      const name = (model.charAt(0).toLowerCase() + model.slice(1)) as Uncapitalize<typeof model>;
      const delegate: { findMany(): Promise<unknown[]> } = prisma[name];
      return delegate.findMany();
    });
    expect((await Promise.all(queries)).every((rows) => rows.length === 0)).toBe(true);

    const models = readModels(await readFile(schemaFile, "utf8"));
    expect(models.map(({ name }) => name).sort()).toEqual(Object.values(Prisma.ModelName).sort());
    const { rows } = await database.pool.query<{ table: string; columns: string[] }>(
      `SELECT c.table_name AS table, array_agg(c.column_name || ' ' || c.udt_name || CASE WHEN c.is_nullable = 'YES' AND c.udt_name <> '_text' THEN '?' ELSE '' END
         ORDER BY c.column_name COLLATE "C")::text[] AS columns
       FROM information_schema.columns c WHERE c.table_schema = 'public' GROUP BY c.table_name`,
    );
    const tables = new Map(rows.map(({ table, columns }) => [table, columns]));
    for (const { table, columns } of models) expect([table, tables.get(table)]).toEqual([table, columns]);
  } finally {
    await close();
    await database.close();
  }
});

test("ids sort by their bytes, whatever the database's collation", async () => {
  const database = await openTestDatabase();
  try {
    const { rows } = await database.pool.query(
      `SELECT table_name, column_name FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name !~ '^_prisma|_[0-9]{4}_|_default$' AND udt_name = 'text'
         AND (column_name = 'id' OR column_name LIKE '%\\_id') AND collation_name IS DISTINCT FROM 'C'
         AND (table_name, column_name) NOT IN (('accounts', 'provider_id'), ('step_records', 'step_id'))`,
    );
    expect(rows).toEqual([]);
  } finally {
    await database.close();
  }
});

const columnTypes: Record<string, string> = {
  String: "text",
  Int: "int4",
  BigInt: "int8",
  Boolean: "bool",
  Bytes: "bytea",
  DateTime: "timestamptz",
};

/** Models with their tables and columns, in the words of `information_schema`. */
function readModels(schema: string): { name: string; table: string; columns: string[] }[] {
  return [...schema.matchAll(/^model (\w+) \{$(.*?)^\}$/gms)].map(([, name = "", body = ""]) => ({
    name,
    table: /@@map\("(\w+)"\)/.exec(body)?.[1] ?? name,
    columns: body.split("\n").flatMap(readColumn).sort(),
  }));
}

function readColumn(line: string): string[] {
  const [, field = "", type = "", mark = ""] = /^ {2}(\w+)\s+(\w+)(\?|\[\])?/.exec(line) ?? [];
  const column = columnTypes[type];
  if (column === undefined) return []; // a relation, a comment or an attribute of the model
  const name = /@map\("(\w+)"\)/.exec(line)?.[1] ?? field;
  return [mark === "[]" ? `${name} _${column}` : `${name} ${column}${mark}`];
}
