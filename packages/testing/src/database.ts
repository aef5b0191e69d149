import { randomBytes } from "node:crypto";
import { createHotPath, type HotPath } from "@millrace/db";
import pg from "pg";

export type TestDatabase = { url: string; pool: pg.Pool; hotPath: HotPath; close(): Promise<void> };

/** A migrated database of the caller's own, BullMQ's tables included: a copy of the template that the global setup made. */
export const openTestDatabase = (): Promise<TestDatabase> => openDatabase("migrated");

/** A database of the caller's own with nothing in it. */
export const openEmptyDatabase = (): Promise<TestDatabase> => openDatabase("empty");

async function openDatabase(content: "migrated" | "empty"): Promise<TestDatabase> {
  // Only tests have it; programs that take a fake service from this package run without vitest.
  const { inject } = await import("vitest");
  const { url: adminUrl, template } = inject("testDatabase");
  const name = `test_${randomBytes(8).toString("hex")}`;
  await administer(adminUrl, `CREATE DATABASE ${name}${content === "migrated" ? ` TEMPLATE ${template}` : ""}`);
  const url = withDatabase(adminUrl, name);
  const pool = new pg.Pool({ connectionString: url, max: 10, pipeline: true });
  pool.on("error", () => undefined);
  return {
    url,
    pool,
    hotPath: createHotPath({ ofDay: pool, anyDay: pool }),
    close: async () => {
      await pool.end();
      await administer(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.toString();
}
