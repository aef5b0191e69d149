import { newId } from "@millrace/base";
import type { ClaimedRun, JournalCommit, RunTransition, StepRecord } from "@millrace/engine";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createIntake } from "./intake.ts";
import { createJournal } from "./journal.ts";
import { createRunOutcomes } from "./run-outcomes.ts";
import { claimSample, sampleRecord, sampleRequest, sampleWorker } from "./run-samples.fixture.ts";
import { createRunStore } from "./run-store.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const open = () => ({
  intake: createIntake(database.hotPath),
  store: createRunStore(database.hotPath),
  journal: createJournal(database.hotPath),
  outcomes: createRunOutcomes(database.pool),
});

const commitOf = (run: ClaimedRun, records: StepRecord[], transition?: RunTransition): JournalCommit => ({
  ...{ runId: run.id, workspaceId: run.workspaceId, workerId: sampleWorker, fence: run.fence, records },
  ...(transition ? { transition } : {}),
});
const respond = (path: string, body: string) =>
  sampleRecord(path, { kind: "respond", output: { status: 201, headers: { "x-a": "1" }, body } });

test("tells how far a run is, the first answer it recorded, or what its last step gave", async () => {
  const { intake, store, journal, outcomes } = open();
  const running = await claimSample(intake, store);
  const answered = await claimSample(intake, store);
  const ended = await claimSample(intake, store);
  await journal.commit(commitOf(answered, [sampleRecord("a"), respond("first", "one")]));
  await journal.commit(commitOf(answered, [respond("second", "two")]));
  const records = [sampleRecord("a", { output: { n: 1 } }), sampleRecord("b", { output: { n: 2 } })];
  await journal.commit(commitOf(ended, records, { to: "succeeded" }));
  const read = await outcomes.read(
    [running, answered, ended].map(({ id, workspaceId }) => ({ runId: id, workspaceId })),
  );
  expect(new Map(read.map((outcome) => [outcome.runId, outcome]))).toEqual(
    new Map([
      [running.id, { runId: running.id, status: "running" }],
      [
        answered.id,
        { runId: answered.id, status: "running", answer: { status: 201, headers: { "x-a": "1" }, body: "one" } },
      ],
      [ended.id, { runId: ended.id, status: "succeeded", output: { n: 2 } }],
    ]),
  );
  expect(await outcomes.find(ended.id)).toMatchObject({ status: "succeeded", output: { n: 2 } });
  expect(await outcomes.find(newId("run"))).toBeUndefined();
});

test("tells nothing of another workspace's run", async () => {
  const { intake, store, outcomes } = open();
  const { id } = await claimSample(intake, store);
  expect(await outcomes.read([{ runId: id, workspaceId: newId("workspace") }])).toEqual([]);
});

test("a delivery that waits says so until its answer is recorded, by its own workspace only", async () => {
  const { intake, outcomes } = open();
  const request = { ...sampleRequest({ dedupeKey: "k" }), awaitsRun: true };
  const { deliveryId } = await intake.accept(request);
  const duplicate = await intake.accept(request);
  const read = async (id: string) =>
    (await database.pool.query("SELECT reason, answer_status, answer_body FROM deliveries WHERE id = $1", [id]))
      .rows[0];
  const waiting = "The sender waits for the run and has been sent no answer.";
  expect(await read(deliveryId)).toMatchObject({ reason: waiting, answer_status: 202 });
  expect(await read(duplicate.deliveryId)).toMatchObject({ reason: null, answer_status: 200 });
  await outcomes.recordAnswer(newId("workspace"), deliveryId, { status: 200, body: "stolen" });
  expect(await read(deliveryId)).toMatchObject({ reason: waiting });
  await outcomes.recordAnswer(request.workspaceId, deliveryId, { status: 201, body: "made\u0000" });
  expect(await read(deliveryId)).toEqual({ reason: null, answer_status: 201, answer_body: "made\uFFFD" });
});
