import { lowestIdAt, newId } from "@millrace/base";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Database, openDatabase } from "../open-database.ts";
import { dayMs } from "../partitions/partitioned-tables.ts";
import { createRunGauges } from "../run-gauges.ts";
import { createIntake } from "./intake.ts";
import { createJournal } from "./journal.ts";
import { commitOf, sampleRecord, sampleRequest, saveAutomation } from "./run-samples.fixture.ts";
import { createRunStore } from "./run-store.ts";

/** Sessions that keep their plans as a process's do. */
const applicationName = "plans";
let server: TestDatabase;
let database: Database;
beforeEach(async () => {
  server = await openTestDatabase();
  database = await openDatabase(server.url, { applicationName, maxConnections: 4 });
});
afterEach(async () => {
  await database.close();
  await server.close();
});

type Sender = { workspaceId: string; automationId: string };

const sender = (): Sender => ({ workspaceId: newId("workspace"), automationId: newId("automation") });
const senders = (count: number): Sender[] => Array.from({ length: count }, sender);

async function arrive(from: readonly Sender[], count: number): Promise<string[]> {
  const intake = createIntake(database.hotPath);
  const runIds: string[] = [];
  while (runIds.length < count) {
    const batch = Array.from({ length: Math.min(400, count - runIds.length) }, (_, index) =>
      intake.accept(sampleRequest(from[(runIds.length + index) % from.length])),
    );
    runIds.push(...(await Promise.all(batch)).map(({ runId }) => runId));
  }
  return runIds;
}

/** Then no single day holds all that is unfinished. */
async function waitSinceYesterday(): Promise<void> {
  const [runId] = await arrive(senders(1), 1);
  const yesterday = lowestIdAt("run", new Date(Date.now() - dayMs));
  await server.pool.query(
    `UPDATE runs SET id = $2, status = 'waiting', due_at = now() + interval '1 day', reason_json = '{"code":"delay"}' WHERE id = $1`,
    [runId, yesterday],
  );
}

/** Rows that were read so far by an index over all runs of a day, whatever their status. */
async function readByHistory(): Promise<number> {
  // A session has told what it read once it is gone.
  await database.close();
  const sessions = "SELECT 1 FROM pg_stat_activity WHERE application_name = $1";
  await vi.waitFor(async () => expect((await server.pool.query(sessions, [applicationName])).rowCount).toBe(0));
  const { rows } = await server.pool.query<{ read: number }>(
    `SELECT sum(s.idx_tup_read)::int AS read FROM pg_stat_user_indexes s JOIN pg_index i USING (indexrelid)
     WHERE s.relname LIKE 'runs\\_%' AND i.indpred IS NULL`,
  );
  database = await openDatabase(server.url, { applicationName, maxConnections: 4 });
  return rows[0]?.read ?? 0;
}

const many = senders(2_000);

/** A day as it was when it was last analyzed: of the runs of these senders, so many had ended, ran, or had not begun. */
async function learn(
  from: readonly Sender[],
  { ended = 8_000, running = 0, queued = 0 }: { ended?: number; running?: number; queued?: number },
): Promise<void> {
  const setAll = (columns: string) => server.pool.query(`UPDATE runs SET ${columns} WHERE status <> 'succeeded'`);
  await arrive(from, ended);
  await setAll("status = 'succeeded', finished_at = now()");
  await arrive(from, running);
  await setAll("status = 'running', lease_owner = 'another', lease_until = now() + interval '1 hour'");
  await arrive(from, queued);
  await server.pool.query("VACUUM ANALYZE runs");
  await setAll("status = 'succeeded', finished_at = now(), lease_owner = NULL, lease_until = NULL");
}

const days: [string, () => Promise<unknown>][] = [
  ["was never looked at", async () => undefined],
  ["was empty", () => server.pool.query("ANALYZE runs")],
  ["had ended runs only", () => learn(many, {})],
  ["had a few queued runs among those of one sender", () => learn(many.slice(0, 1), { queued: 200 })],
  ["had a few queued runs among those of many senders", () => learn(many, { queued: 200 })],
  ["had as many queued runs as others", () => learn(many, { queued: 8_000 })],
  ["had as many running runs as others", () => learn(many, { running: 8_000, queued: 200 })],
  [
    "had a few queued runs, and one of yesterday still waits",
    async () => {
      await learn(many, { queued: 200 });
      await waitSinceYesterday();
    },
  ],
];

test.each(days)("claims and records read no more of a day than they need when it %s", async (_, learned) => {
  await learned();
  await arrive(many, 1_000);
  const readBefore = await readByHistory();

  const store = createRunStore(database.hotPath);
  const journal = createJournal(database.hotPath);
  const workerId = "w";
  const claimed = await store.claim({ workerId, leaseMs: 60_000, limit: 50 });
  expect(claimed).toHaveLength(50);
  expect(await store.extendLeases(workerId, claimed, 60_000)).toEqual([]);
  const effect = { path: "a", operation: { op: "set" as const, key: "k", value: 1 } };
  await Promise.all(
    claimed.map((run) => journal.commit(commitOf(run, { workerId, records: [sampleRecord("a")], effect }))),
  );
  await Promise.all(claimed.map((run) => journal.commit(commitOf(run, { workerId, transition: { to: "succeeded" } }))));
  await store.claim({ workerId, leaseMs: 60_000, limit: 50, freed: claimed });
  const [limited = sender()] = many;
  await saveAutomation(server.pool, { ...limited, concurrency: 3 });
  const runIds = await arrive([limited], 6);
  expect(await store.claim({ workerId, leaseMs: 60_000, limit: 50, runIds })).toHaveLength(3);
  await store.recover({ unclaimedMs: 60_000, crashLimit: 3, limit: 100 });
  await createRunGauges(database.pool).read();

  // Each of some hundred runs is looked up by its id a few times; whoever walks over the day reads thousands.
  expect((await readByHistory()) - readBefore).toBeLessThan(1_500);
});
