import { lowestIdAt, newId } from "@millrace/base";
import { openTestDatabase } from "@millrace/testing";
import { beforeEach, expect, test } from "vitest";
import { type Database, openDatabase } from "../open-database.ts";
import { ensurePartitions } from "../partitions/ensure-partitions.ts";
import { seedRun } from "../repositories/testing/seed-run.ts";
import { createIntake } from "../runs/intake.ts";
import { createRunControl } from "../runs/run-control.ts";
import { sampleRequest } from "../runs/run-samples.fixture.ts";
import { maintain } from "./maintain.ts";

const dayMs = 86_400_000;
const now = new Date();
const daysAgo = (days: number) => new Date(now.getTime() - days * dayMs);

let database: Database;
beforeEach(async () => {
  const server = await openTestDatabase();
  database = await openDatabase(server.url, { applicationName: "retention test", maxConnections: 5 });
  return async () => {
    await database.close();
    await server.close();
  };
});

async function automation(retention: { days?: number; megabytes?: number } = {}) {
  const place = { workspaceId: newId("workspace"), automationId: newId("automation"), versionId: newId("version") };
  await database.pool.query(
    `INSERT INTO automations (id, workspace_id, name, draft_json, updated_at, retention_days, retention_megabytes)
     VALUES ($1, $2, 'Sample', '{}', now(), $3, $4)`,
    [place.automationId, place.workspaceId, retention.days ?? null, retention.megabytes ?? null],
  );
  return place;
}

const idsIn = async (table: string, column = "id"): Promise<string[]> =>
  (await database.pool.query(`SELECT DISTINCT ${column} AS id FROM ${table} ORDER BY 1`)).rows.map(({ id }) => id);

test("an automation keeps its own number of days, another the installation's", async () => {
  const [short, long] = [await automation({ days: 2 }), await automation()];
  const kept = [
    await seedRun(database.prisma, short, { at: daysAgo(1) }),
    await seedRun(database.prisma, long, { at: daysAgo(1) }),
    await seedRun(database.prisma, long, { at: daysAgo(5) }),
  ];
  for (const days of [2.1, 3, 9]) await seedRun(database.prisma, short, { at: daysAgo(days) });
  expect(await maintain(database.pool, now, { retentionDays: 30 })).toMatchObject({ runsDeleted: 3 });
  expect(await idsIn("runs")).toEqual(kept.map(({ runId }) => runId).sort());
  expect(await idsIn("events")).toEqual(kept.map(({ eventId }) => eventId).sort());
  expect(await idsIn("deliveries")).toEqual(kept.map(({ deliveryId }) => deliveryId).sort());
  expect(await idsIn("step_records", "run_id")).toEqual(kept.map(({ runId }) => runId).sort());
});

test("drops whole days beyond the installation's and makes those to come", async () => {
  const place = await automation();
  for (const days of [40, 29]) await ensurePartitions(database.pool, daysAgo(days), 0);
  await seedRun(database.prisma, place, { at: daysAgo(40) });
  const kept = await seedRun(database.prisma, place, { at: daysAgo(29) });
  const done = await maintain(database.pool, now, { retentionDays: 30, daysAhead: 6 });
  expect(done.partitionsMade.filter((name) => name.startsWith("runs_")).length).toBeGreaterThanOrEqual(3);
  expect(done.partitionsDropped.filter((name) => name.startsWith("runs_")).length).toBeGreaterThanOrEqual(1);
  expect(await idsIn("runs")).toEqual([kept.runId]);
});

test("what a backup holds up keeps nothing else from being deleted", async () => {
  const place = await automation({ days: 2 });
  await ensurePartitions(database.pool, daysAgo(40), 0);
  await seedRun(database.prisma, place, { at: daysAgo(3) });
  await database.pool.query(
    `INSERT INTO dedupe_keys (endpoint_id, key_hash, run_id, body_hash, created_at) VALUES ('end_1', 'a', 'run_1', '', now() - interval '9 days')`,
  );
  const backup = await database.pool.connect();
  await backup.query("BEGIN");
  await backup.query("LOCK TABLE events, deliveries, runs, step_records IN ACCESS SHARE MODE");
  await expect(maintain(database.pool, now, { retentionDays: 30 })).rejects.toMatchObject({ code: "55P03" });
  await backup.query("ROLLBACK");
  backup.release();
  expect([...(await idsIn("runs")), ...(await idsIn("dedupe_keys", "run_id"))]).toEqual([]);
  expect((await maintain(database.pool, now, { retentionDays: 30 })).partitionsDropped.length).toBeGreaterThan(0);
});

test("unfinished runs stay, and the event that a retry still needs", async () => {
  const place = await automation({ days: 2 });
  const review = await seedRun(database.prisma, place, {
    ...{ at: daysAgo(6), status: "needs_review", finishedAt: null },
    reasonJson: '{"kind":"review","path":"a","message":"Look."}',
  });
  const failed = await seedRun(database.prisma, place, {
    ...{ at: daysAgo(5), status: "failed", failureJson: '{"code":"not_found","message":"gone"}' },
  });
  const { runId: retry } = await createRunControl(database.pool).retry(place.workspaceId, failed.runId);
  await maintain(database.pool, now, { retentionDays: 30 });
  expect(await idsIn("runs")).toEqual([review.runId, retry].sort());
  expect(await idsIn("events")).toEqual([review.eventId, failed.eventId].sort());
  expect(await idsIn("deliveries")).toEqual([review.deliveryId]);
});

test("an event stays until the last of its runs is gone, whichever of them goes first", async () => {
  const place = await automation({ days: 2 });
  const control = createRunControl(database.pool);
  const retry = async (runId: string) => (await control.retry(place.workspaceId, runId)).runId;
  const cancel = (runId: string) => control.cancel(place.workspaceId, runId, "Canceled.");
  const age = async (runId: string, days: number) => {
    const { rows } = await database.pool.query<{ id: string }>(
      "UPDATE runs SET id = overlay(id placing left($2, 12) from 1 for 12) WHERE id = $1 RETURNING id",
      [runId, lowestIdAt("run", daysAgo(days))],
    );
    return rows[0]?.id ?? "";
  };
  const first = await seedRun(database.prisma, place, {
    ...{ at: daysAgo(5), status: "failed", failureJson: '{"code":"not_found","message":"gone"}' },
  });
  const second = await retry(first.runId);
  await cancel(second);
  const third = await retry(first.runId);
  const fourth = await retry(second);
  await cancel(fourth);

  await maintain(database.pool, now, { retentionDays: 30 });
  expect(await idsIn("runs")).toEqual([second, third, fourth].sort());
  await age(second, 4);
  const kept = await age(fourth, 1);
  await maintain(database.pool, now, { retentionDays: 30 });
  expect(await idsIn("runs")).toEqual([third, kept].sort());
  expect(await idsIn("events")).toEqual([first.eventId]);

  await cancel(third);
  await age(third, 4);
  await maintain(database.pool, now, { retentionDays: 30 });
  expect(await idsIn("events")).toEqual([first.eventId]);
  await maintain(database.pool, new Date(now.getTime() + 2 * dayMs), { retentionDays: 30 });
  expect([...(await idsIn("runs")), ...(await idsIn("events"))]).toEqual([]);
});

test("an unfinished run keeps what it needs of an old day, and nothing else of that day", async () => {
  const [place, other] = [await automation(), await automation()];
  for (const days of [40, 36]) await ensurePartitions(database.pool, daysAgo(days), 0);
  const failed = { status: "failed", failureJson: '{"code":"not_found","message":"gone"}' };
  const review = await seedRun(database.prisma, place, {
    ...{ at: daysAgo(40), status: "needs_review", finishedAt: null },
    reasonJson: '{"kind":"review","path":"a","message":"Look."}',
  });
  const retried = await seedRun(database.prisma, place, { ...failed, at: daysAgo(36) });
  const { runId: retry } = await createRunControl(database.pool).retry(place.workspaceId, retried.runId);
  for (const days of [40, 36]) await seedRun(database.prisma, other, { at: daysAgo(days) });
  await seedRun(database.prisma, other, { ...failed, at: daysAgo(40) });
  const { partitionsKept, runsDeleted } = await maintain(database.pool, now, { retentionDays: 30 });
  expect(partitionsKept).toHaveLength(6);
  expect(runsDeleted).toBe(2);
  expect(await idsIn("runs")).toEqual([review.runId, retry].sort());
  expect(await idsIn("step_records", "run_id")).toEqual([review.runId, retry].sort());
  expect(await idsIn("events")).toEqual([review.eventId, retried.eventId].sort());
  expect(await idsIn("deliveries")).toEqual([review.deliveryId]);
});

test("what is old goes from the default partition too", async () => {
  const place = await automation();
  const atMidnight = Math.floor(daysAgo(29).getTime() / dayMs) * dayMs;
  for (const at of [daysAgo(300), daysAgo(40), new Date(atMidnight - 2 * dayMs)])
    await seedRun(database.prisma, place, { at });
  const kept = await seedRun(database.prisma, place, { at: new Date(now.getTime() + 300 * dayMs) });
  expect(await idsIn("runs_default")).toHaveLength(4);
  expect(await maintain(database.pool, now, { retentionDays: 30 })).toMatchObject({ runsDeleted: 3 });
  for (const [table, id] of [
    ["runs", kept.runId],
    ["events", kept.eventId],
    ["deliveries", kept.deliveryId],
  ] as const)
    expect(await idsIn(table)).toEqual([id]);
});

test("a replay keeps its own copy of the event when the first run goes, and the first its own", async () => {
  const place = await automation({ days: 2 });
  const first = await seedRun(database.prisma, place, { at: daysAgo(5) });
  const { event } = sampleRequest(place);
  const replay = { deliveryId: first.deliveryId, orderKey: null };
  const { runId } = await createIntake(database.hotPath).start({ ...place, event, replay });
  await maintain(database.pool, now, { retentionDays: 30 });
  expect(await idsIn("runs")).toEqual([runId]);
  expect(await idsIn("events")).toEqual(await idsIn("runs", "event_id"));
});

test("requests that started no run go with their bodies", async () => {
  const place = await automation({ days: 1 });
  const { dedupeKey: _, versionId: __, ...request } = sampleRequest(place);
  const intake = createIntake(database.hotPath);
  const refusal = { verdict: "rejected", reason: "no", answer: { status: 401, body: "" } } as const;
  await intake.refuse({ ...request, ...refusal });
  await maintain(database.pool, now, { retentionDays: 30 });
  expect(await idsIn("deliveries")).toHaveLength(1);
  await maintain(database.pool, new Date(now.getTime() + 2 * dayMs), { retentionDays: 30 });
  expect([...(await idsIn("deliveries")), ...(await idsIn("events"))]).toEqual([]);
});

test("an automation keeps the newest of its history up to its megabytes", async () => {
  const place = await automation({ megabytes: 1 });
  // Random, so that PostgreSQL cannot make it smaller.
  const noise = (from: string) => `SELECT string_agg(sha256(int4send(n * 1000 + $2::int)), '') FROM ${from} n`;
  await seedRun(database.prisma, place, { at: daysAgo(1) });
  const runs: string[] = [];
  for (let index = 0; index < 12; index++) {
    const { runId, eventId, deliveryId } = await seedRun(database.prisma, place, {
      at: new Date(daysAgo(1).getTime() + 1_000 * index + 1),
    });
    // 100 KB as the body of the event, 100 KB as its answer's, which is text.
    await database.pool.query(`UPDATE events SET body = (${noise("generate_series(1, 3125)")}) WHERE id = $1`, [
      eventId,
      index,
    ]);
    await database.pool.query(
      `UPDATE deliveries SET answer_body = encode((${noise("generate_series(3126, 5469)")}), 'base64') WHERE id = $1`,
      [deliveryId, index],
    );
    runs.push(runId);
  }
  expect(await maintain(database.pool, now, { retentionDays: 30 })).toMatchObject({ runsDeleted: 9 });
  expect(await idsIn("runs")).toEqual(runs.slice(-4).sort());
  expect(await maintain(database.pool, now, { retentionDays: 30 })).toMatchObject({ runsDeleted: 0 });
});

/** Twelve of them are more than a megabyte, nine are not. */
async function seedLarge(place: Awaited<ReturnType<typeof automation>>, at: Date, count: number): Promise<string[]> {
  const runs: string[] = [];
  for (let index = 0; index < count; index++) {
    const { runId, eventId } = await seedRun(database.prisma, place, { at: new Date(at.getTime() + 1_000 * index) });
    await database.pool.query(
      "UPDATE events SET body = (SELECT string_agg(sha256(int4send(n * 1000 + $2::int)), '') FROM generate_series(1, 3125) n) WHERE id = $1",
      [eventId, index],
    );
    runs.push(runId);
  }
  return runs;
}

test("what was measured once is not read again, and the end is found as without", async () => {
  const place = await automation({ megabytes: 1 });
  const settings = { retentionDays: 30, sizes: new Map() };
  const old = [...(await seedLarge(place, daysAgo(3), 4)), ...(await seedLarge(place, daysAgo(2), 4))];
  expect(await maintain(database.pool, now, settings)).toMatchObject({ runsDeleted: 0 });
  const bodies =
    "UPDATE events SET body = body || repeat('a', $1::int)::bytea WHERE id = (SELECT event_id FROM runs WHERE id = $2)";
  await database.pool.query("ALTER TABLE events ALTER COLUMN body SET STORAGE EXTERNAL");
  await database.pool.query(bodies, [1_000_000, old[7]]);
  expect(await maintain(database.pool, now, settings)).toMatchObject({ runsDeleted: 0 });
  await database.pool.query("UPDATE events SET body = substr(body, 1, 100000)");
  const fresh = await seedLarge(place, new Date(now.getTime() - 600_000), 4);
  expect(await maintain(database.pool, now, settings)).toMatchObject({ runsDeleted: 3 });
  expect(await idsIn("runs")).toEqual([...old.slice(3), ...fresh].sort());
  expect(await maintain(database.pool, now, settings)).toMatchObject({ runsDeleted: 0 });
  expect(await maintain(database.pool, now, { retentionDays: 30 })).toMatchObject({ runsDeleted: 0 });
});

/** Five days old, without events, for they take time. */
const insertEnded = (place: Awaited<ReturnType<typeof automation>>, count: number) =>
  database.pool.query(
    `INSERT INTO runs (id, workspace_id, automation_id, version_id, event_id, trigger_type, origin_run_id, queued_at, status, finished_at)
     SELECT $4 || lpad(n::text, 8, '0'), $1, $2, 'v', 'evt_' || n, 'manual', '', now(), 'succeeded', now() FROM generate_series(1, $3::int) n`,
    [place.workspaceId, place.automationId, count, lowestIdAt("run", daysAgo(5)).slice(0, -8)],
  );

test("a backlog of any length is deleted by one call", { timeout: 180_000 }, async () => {
  await insertEnded(await automation({ days: 2 }), 201_000);
  expect(await maintain(database.pool, now, { retentionDays: 30 })).toMatchObject({ runsDeleted: 201_000 });
});

test("one who is told to end leaves the rest to the next call", async () => {
  await insertEnded(await automation({ days: 2 }), 3);
  const signal = AbortSignal.abort();
  expect(await maintain(database.pool, now, { retentionDays: 30, signal })).toMatchObject({ runsDeleted: 0 });
  expect(await maintain(database.pool, now, { retentionDays: 30 })).toMatchObject({ runsDeleted: 3 });
});

test("many processes at once delete everything once and leave the rest", async () => {
  const place = await automation({ days: 2 });
  await database.pool.query(
    `WITH old AS (SELECT 'run_' || lpad(n::text, 26, '0') AS id, 'evt_' || lpad(n::text, 26, '0') AS event FROM generate_series(1, 1500) n),
       event AS (INSERT INTO events (id, workspace_id, method, query, headers_json, body, received_at)
         SELECT event, $1, 'POST', '', '[]', '', now() FROM old)
     INSERT INTO runs (id, workspace_id, automation_id, version_id, event_id, trigger_type, origin_run_id, queued_at, status, finished_at)
     SELECT id, $1, $2, 'v', event, 'manual', id, now(), 'succeeded', now() FROM old`,
    [place.workspaceId, place.automationId],
  );
  const kept = await seedRun(database.prisma, place, { at: daysAgo(1) });
  const done = await Promise.all([1, 2, 3].map(() => maintain(database.pool, now, { retentionDays: 30 })));
  expect(done.reduce((sum, { runsDeleted }) => sum + runsDeleted, 0)).toBe(1_500);
  expect(await idsIn("runs")).toEqual([kept.runId]);
  expect(await idsIn("events")).toEqual([kept.eventId]);
});
