import { newId } from "@millrace/base";
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
  await seedRun(database.prisma, place, { at: daysAgo(1) });
  const runs: string[] = [];
  for (let index = 0; index < 12; index++) {
    const { runId, eventId } = await seedRun(database.prisma, place, {
      at: new Date(daysAgo(1).getTime() + 1_000 * index + 1),
    });
    await database.pool.query(
      "UPDATE events SET body = (SELECT string_agg(sha256(int4send(n * 1000 + $2::int)), '') FROM generate_series(1, 6250) n) WHERE id = $1",
      [eventId, index],
    );
    runs.push(runId);
  }
  expect(await maintain(database.pool, now, { retentionDays: 30 })).toMatchObject({ runsDeleted: 9 });
  expect(await idsIn("runs")).toEqual(runs.slice(-4).sort());
  expect(await maintain(database.pool, now, { retentionDays: 30 })).toMatchObject({ runsDeleted: 0 });
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
