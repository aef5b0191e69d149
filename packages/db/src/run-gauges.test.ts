import { newId } from "@millrace/base";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRunGauges } from "./run-gauges.ts";
import { createIntake } from "./runs/intake.ts";
import { createJournal } from "./runs/journal.ts";
import { claimSample, commitOf, sampleRequest } from "./runs/run-samples.fixture.ts";
import { createRunStore } from "./runs/run-store.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

test("counts what is under way and says how old the oldest of it is, over all workspaces", async () => {
  const { pool, hotPath } = database;
  const gauges = createRunGauges(pool);
  expect(await gauges.read()).toEqual({
    queued: 0,
    running: 0,
    waiting: 0,
    needsReview: 0,
    oldestQueuedSeconds: 0,
    oldestDueSeconds: 0,
  });
  const intake = createIntake(hotPath);
  const store = createRunStore(hotPath);
  const journal = createJournal(hotPath);
  for (const workspaceId of [newId("workspace"), newId("workspace"), newId("workspace")]) {
    await intake.accept(sampleRequest({ workspaceId }));
    await intake.accept(sampleRequest({ workspaceId }));
  }
  // The oldest belongs to neither the first nor the last workspace, and to the second automation of its own.
  await pool.query(`UPDATE runs SET queued_at = now() - interval '90 seconds'
    WHERE id = (SELECT max(id) FROM runs WHERE workspace_id = (SELECT workspace_id FROM runs GROUP BY 1 ORDER BY 1 OFFSET 1 LIMIT 1))`);
  await claimSample(intake, store);
  const late = await claimSample(intake, store);
  const reason = { kind: "retry", path: "a", attempt: 1, message: "" } as const;
  await journal.commit(commitOf(late, { transition: { to: "waiting", reason, delayMs: -30_000 } }));
  const read = await gauges.read();
  expect(read).toMatchObject({ queued: 6, running: 1, waiting: 1, needsReview: 0 });
  expect(Math.round(read.oldestQueuedSeconds / 60)).toBe(2);
  expect(Math.round(read.oldestDueSeconds / 30)).toBe(1);
  // What was under way for a day and is handed back now is queued since now.
  await pool.query("UPDATE runs SET queued_at = now() - interval '1 day' WHERE id = $1", [late.id]);
  await store.recover({ unclaimedMs: 600_000, crashLimit: 3, limit: 10 });
  expect(Math.round((await gauges.read()).oldestQueuedSeconds / 60)).toBe(2);
});
