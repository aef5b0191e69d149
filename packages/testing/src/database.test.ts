import { expect, test } from "vitest";
import { openTestDatabase } from "./database.ts";

test("gives each caller a migrated database of its own", async () => {
  const [first, second] = await Promise.all([openTestDatabase(), openTestDatabase()]);
  try {
    await first.pool.query("INSERT INTO workspaces (id, name) VALUES ('ws_1', 'First')");
    expect((await first.pool.query("SELECT name FROM workspaces")).rows).toEqual([{ name: "First" }]);
    expect((await second.pool.query("SELECT name FROM workspaces")).rows).toEqual([]);
    expect(
      (await first.pool.query("SELECT to_regclass('bullmq.job')::text AS bullmq")).rows[0].bullmq,
    ).not.toBeUndefined();
  } finally {
    await Promise.all([first.close(), second.close()]);
  }
});
