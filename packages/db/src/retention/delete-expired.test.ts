import { openTestDatabase } from "@millrace/testing";
import { expect, test } from "vitest";
import { deleteDedupeKeysBefore, deleteExpiredKeyValues } from "./delete-expired.ts";

test("deletes what is older than the given time and nothing else", async () => {
  const { pool, close } = await openTestDatabase();
  try {
    await pool.query(
      `INSERT INTO dedupe_keys (endpoint_id, key_hash, run_id, body_hash, created_at)
       SELECT 'end_1', int4send(n), 'run_1', '', now() - n * interval '1 day' FROM generate_series(1, 20) AS n`,
    );
    expect(await deleteDedupeKeysBefore(pool, new Date(Date.now() - 7.5 * 86_400_000))).toBe(13);
    expect((await pool.query("SELECT count(*)::int AS kept FROM dedupe_keys")).rows).toEqual([{ kept: 7 }]);
    await pool.query(
      `INSERT INTO key_values (workspace_id, key, value_json, expires_at)
       VALUES ('ws', 'expired', '1', now() - interval '1 hour'), ('ws', 'later', '1', now() + interval '1 hour'), ('ws', 'never', '1', NULL)`,
    );
    expect(await deleteExpiredKeyValues(pool, new Date())).toBe(1);
    expect((await pool.query("SELECT key FROM key_values ORDER BY key")).rows).toEqual([
      { key: "later" },
      { key: "never" },
    ]);
  } finally {
    await close();
  }
});
