import { openDatabase } from "@millrace/db";
import { openTestDatabase } from "@millrace/testing";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { createStoreMetrics } from "./store-metrics.ts";

test("what waits for a session of the hot path is seen", async () => {
  const server = await openTestDatabase();
  const database = await openDatabase(server.url, { applicationName: "metrics test", maxConnections: 4 });
  try {
    const registry = new Registry();
    const unread = async () => undefined;
    createStoreMetrics(registry, {
      pools: database.pools,
      runGauges: () => Promise.reject(new Error("These tests read no runs.")),
      ringCounts: unread,
    });
    const { pool } = database.hotPath.anyDay;
    const held = await pool.connect();
    const waiting = [pool.connect(), pool.connect()];
    const text = await registry.metrics();
    held.release();
    for (const client of waiting) (await client).release();
    expect(text).toContain('millrace_database_sessions{pool="any_day",state="open"} 1\n');
    expect(text).toContain('millrace_database_sessions{pool="any_day",state="idle"} 0\n');
    expect(text).toContain('millrace_database_sessions{pool="any_day",state="waited_for"} 2\n');
    expect(text).toContain('millrace_database_sessions{pool="of_day",state="waited_for"} 0\n');
    expect(text).toContain('millrace_database_sessions{pool="general",state="waited_for"} 0\n');
  } finally {
    await database.close();
    await server.close();
  }
});
