import { newId } from "@millrace/base";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Database, openDatabase } from "../open-database.ts";
import { createIntake } from "./intake.ts";
import { createJournal } from "./journal.ts";
import { commitOf, sampleRecord, sampleRequest } from "./run-samples.fixture.ts";
import { createRunStore } from "./run-store.ts";

/** As processes have them: sessions that keep their plans. */
let server: TestDatabase;
let databases: Database[];
beforeAll(async () => {
  server = await openTestDatabase();
  const open = () => openDatabase(server.url, { applicationName: "race", maxConnections: 6 });
  databases = await Promise.all([open(), open(), open(), open()]);
});
afterAll(async () => {
  await Promise.all(databases.map(({ close }) => close()));
  await server.close();
});

test("workers that claim, beat and record all at once take each run once and lose no lease", async () => {
  const total = 1_000;
  const workspaceIds = Array.from({ length: 5 }, () => newId("workspace"));
  const claimed: string[] = [];
  const lost: string[] = [];
  const rung: string[] = [];

  const arrive = async ({ hotPath }: Database) => {
    const intake = createIntake(hotPath);
    for (let batch = 0; batch < total / 40; batch++) {
      const requests = Array.from({ length: 20 }, (_, index) =>
        sampleRequest({ workspaceId: workspaceIds[index % 5] ?? "" }),
      );
      const accepted = await Promise.all(requests.map((request) => intake.accept(request)));
      rung.push(...accepted.map(({ runId }) => runId));
    }
  };
  const work = async ({ hotPath }: Database, workerId: string, isRung: boolean) => {
    const store = createRunStore(hotPath);
    const journal = createJournal(hotPath);
    while (claimed.length < total) {
      const which = isRung ? { runIds: rung.slice(-50) } : {};
      const runs = await store.claim({ workerId, leaseMs: 60_000, limit: 25, ...which });
      if (runs.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      claimed.push(...runs.map(({ id }) => id));
      const beating = store.extendLeases(workerId, runs, 60_000);
      const commits = runs.map((run) => journal.commit(commitOf(run, { workerId, records: [sampleRecord("a")] })));
      for (const { kind } of await Promise.all(commits)) if (kind !== "committed") lost.push(kind);
      lost.push(...(await beating));
      const transition = { to: "succeeded" } as const;
      const ends = runs.map((run) => journal.commit(commitOf(run, { workerId, transition })));
      for (const { kind } of await Promise.all(ends)) if (kind !== "committed") lost.push(kind);
    }
  };

  const [first, second] = databases;
  await Promise.all([
    ...[first, second].flatMap((database) => (database ? [arrive(database)] : [])),
    ...databases.flatMap((database, index) => [
      work(database, `walks ${index}`, false),
      work(database, `rung ${index}`, true),
    ]),
  ]);
  expect(new Set(claimed).size).toBe(total);
  expect(claimed).toHaveLength(total);
  expect(lost).toEqual([]);
});
