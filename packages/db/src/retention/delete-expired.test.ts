import { openTestDatabase } from "@millrace/testing";
import pg from "pg";
import { expect, test, vi } from "vitest";
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

test("reads each of the old keys once, while a backup keeps what is deleted from going away", async () => {
  const { pool, url, close } = await openTestDatabase();
  await pool.query(
    `INSERT INTO dedupe_keys (endpoint_id, key_hash, run_id, body_hash, created_at)
     SELECT 'end_1', int4send(n), 'run_1', '', now() - interval '9 days' + n * interval '1 ms' FROM generate_series(1, 50000) AS n`,
  );
  await pool.query(
    `INSERT INTO dedupe_keys (endpoint_id, key_hash, run_id, body_hash) SELECT 'end_2', int4send(n), 'run_1', '' FROM generate_series(1, 200000) AS n`,
  );
  await pool.query("ANALYZE dedupe_keys");
  const backup = await pool.connect();
  await backup.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
  await backup.query("SELECT count(*) FROM dedupe_keys WHERE endpoint_id = 'none'");
  const pruning = new pg.Pool({ connectionString: url, max: 1, application_name: "pruning" });
  expect(await deleteDedupeKeysBefore(pruning, new Date(Date.now() - 8 * 86_400_000))).toBe(50_000);
  await pruning.end();
  await backup.query("ROLLBACK");
  backup.release();
  // A session has told what it read once it is gone.
  const sessions = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'pruning'";
  await vi.waitFor(async () => expect((await pool.query(sessions)).rowCount).toBe(0), 30_000);
  const { rows } = await pool.query<{ read: number }>(
    "SELECT idx_tup_read::int AS read FROM pg_stat_user_indexes WHERE indexrelname = 'dedupe_keys_created_at_idx'",
  );
  expect(rows[0]?.read).toBeLessThan(60_000);
  await close();
});
