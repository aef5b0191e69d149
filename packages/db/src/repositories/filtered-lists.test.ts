import { newId } from "@millrace/base";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { beforeEach, expect, test, vi } from "vitest";
import { type Database, openDatabase } from "../open-database.ts";
import { createDeliveryRepository } from "./delivery-repository.ts";
import { createRunRepository } from "./run-repository.ts";

const many = 6_000;
const workspaceId = newId("workspace");
const [busy, quiet] = [newId("automation"), newId("automation")];
const applicationName = "filtered lists";

let server: TestDatabase;
let database: Database;
beforeEach(async () => {
  server = await openTestDatabase();
  database = await openDatabase(server.url, { applicationName, maxConnections: 2 });
  return async () => {
    await database.close();
    await server.close();
  };
});

/** Ids of today that end in a number. */
const numbered = (kind: "delivery" | "run") => `'${newId(kind).slice(0, -8)}' || lpad(n::text, 8, '0')`;

async function insertDeliveries(
  automationId: string,
  verdict: string,
  count: number,
  workspace = workspaceId,
): Promise<void> {
  await server.pool.query(
    `INSERT INTO deliveries (id, workspace_id, endpoint_id, automation_id, run_id, verdict, method, size_bytes, answer_status, answer_body, received_at)
     SELECT ${numbered("delivery")}, $1, 'end_1', $2, CASE WHEN $3 = 'accepted' THEN 'run_1' END, $3, 'POST', 0, 202, '', now()
     FROM generate_series(1, $4::int) n`,
    [workspace, automationId, verdict, count],
  );
}

/** How many rows of the table this has read, whichever way. */
async function rowsRead(table: string, read: () => Promise<unknown>): Promise<number> {
  await server.pool.query(`VACUUM ANALYZE ${table}`);
  const count = async () => {
    const { rows } = await server.pool.query<{ read: number }>(
      "SELECT sum(seq_tup_read + COALESCE(idx_tup_fetch, 0))::int AS read FROM pg_stat_user_tables WHERE relname LIKE $1 || '%'",
      [table],
    );
    return rows[0]?.read ?? 0;
  };
  const before = await count();
  await read();
  // A session has told what it read once it is gone.
  await database.close();
  const sessions = "SELECT 1 FROM pg_stat_activity WHERE application_name = $1";
  await vi.waitFor(async () => expect((await server.pool.query(sessions, [applicationName])).rowCount).toBe(0), 30_000);
  const after = await count();
  database = await openDatabase(server.url, { applicationName, maxConnections: 2 });
  return after - before;
}

test("a list of refused requests reads those and none of the accepted", async () => {
  await insertDeliveries(busy, "accepted", many);
  await insertDeliveries(busy, "rejected", 3);
  const read = await rowsRead("deliveries", async () => {
    const { items } = await createDeliveryRepository(database.prisma).list({ workspaceId, verdict: "rejected" });
    expect(items).toHaveLength(3);
  });
  expect(read).toBeLessThan(100);
});

test("a list of refused requests of one automation reads none of another's", async () => {
  await insertDeliveries(busy, "rejected", many);
  await insertDeliveries(quiet, "accepted", many);
  await insertDeliveries(quiet, "rejected", 3);
  const read = await rowsRead("deliveries", async () => {
    const request = { workspaceId, automationId: quiet, verdict: "rejected" } as const;
    expect((await createDeliveryRepository(database.prisma).list(request)).items).toHaveLength(3);
  });
  expect(read).toBeLessThan(100);
});

test("a list of refused requests of one workspace reads none of another's", async () => {
  await insertDeliveries(busy, "rejected", many, newId("workspace"));
  await insertDeliveries(busy, "accepted", many);
  const read = await rowsRead("deliveries", async () => {
    const { items } = await createDeliveryRepository(database.prisma).list({ workspaceId, verdict: "rejected" });
    expect(items).toEqual([]);
  });
  expect(read).toBeLessThan(100);
});

test("a list of one automation's failed runs reads neither its others nor another's", async () => {
  const insert = (automationId: string, status: string, count: number) =>
    server.pool.query(
      `INSERT INTO runs (id, workspace_id, automation_id, version_id, event_id, trigger_type, origin_run_id, queued_at, status, finished_at, failure_json)
       SELECT ${numbered("run")}, $1, $2, 'v', 'evt_1', 'manual', 'run_1', now(), $3, now(), CASE WHEN $3 = 'failed' THEN '{"code":"not_found","message":"gone"}' END
       FROM generate_series(1, $4::int) n`,
      [workspaceId, automationId, status, count],
    );
  await insert(busy, "failed", many);
  await insert(quiet, "succeeded", many);
  await insert(quiet, "failed", 3);
  const read = await rowsRead("runs", async () => {
    const request = { workspaceId, automationId: quiet, status: ["failed"] } as const;
    expect((await createRunRepository(database.prisma).list(request)).items).toHaveLength(3);
  });
  expect(read).toBeLessThan(100);
});
