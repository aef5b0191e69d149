import { newId } from "@millrace/base";
import type { ClaimedRun, ClaimRequest, Intake, RunStore, RunTransition } from "@millrace/engine";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createIntake } from "./intake.ts";
import { createJournal } from "./journal.ts";
import { createRunControl } from "./run-control.ts";
import { commitOf, sampleRequest, sampleWorker } from "./run-samples.fixture.ts";
import { createRunStore } from "./run-store.ts";

let database: TestDatabase;
let intake: Intake;
let store: RunStore;
const automation = { workspaceId: newId("workspace"), automationId: newId("automation") };
beforeEach(async () => {
  database = await openTestDatabase();
  intake = createIntake(database.hotPath);
  store = createRunStore(database.hotPath);
});
afterEach(() => database.close());

const claim = (request: Partial<ClaimRequest> = {}, from = store) =>
  from.claim({ workerId: sampleWorker, leaseMs: 60_000, limit: 100, ...request });
const accept = async (orderKey: string | null, body = "{}") =>
  (await intake.accept(sampleRequest({ ...automation, orderKey, body }))).runId;
const idsOf = (runs: readonly ClaimedRun[]) => runs.map(({ id }) => id);
const end = (run: ClaimedRun | undefined, transition: RunTransition = { to: "succeeded" }) => {
  if (run === undefined) throw new Error("There is no run to end.");
  return createJournal(database.hotPath).commit(commitOf(run, { transition }));
};

test("runs of one key execute one at a time, in the order of arrival, beside those of other keys and without one", async () => {
  const ada = [await accept("ada"), await accept("ada"), await accept("ada")];
  const [bob, free] = [await accept("bob"), await accept(null)];
  expect(await claim({ runIds: ada.slice(1) })).toEqual([]);
  const first = await claim({ runIds: ada });
  expect(idsOf(first)).toEqual(ada.slice(0, 1));
  expect(idsOf(await claim()).sort()).toEqual([bob, free].sort());
  await end(first[0]);
  const second = await claim({ freed: first });
  expect(idsOf(second)).toEqual([ada[1]]);
  await end(second[0]);
  expect(idsOf(await claim())).toEqual([ada[2]]);
});

test("500 numbered events of ten keys keep their order while workers race", async () => {
  const total = 500;
  const numbers = new Map<string, number>();
  await Promise.all(
    Array.from({ length: total }, async (_, number) => numbers.set(await accept(`key ${number % 10}`), number)),
  );
  const executed: number[][] = Array.from({ length: 10 }, () => []);
  let atOnce = 0;
  let done = 0;
  const worker = async (own: RunStore): Promise<void> => {
    const deadline = Date.now() + 50_000;
    let runs = await claim({ limit: 20 }, own);
    while (done < total && Date.now() < deadline) {
      for (const { id } of runs) executed[(numbers.get(id) ?? 0) % 10]?.push(numbers.get(id) ?? -1);
      const { rows } = await database.pool.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM runs WHERE status = 'running' GROUP BY order_key",
      );
      atOnce = Math.max(atOnce, ...rows.map(({ n }) => n));
      await Promise.all(runs.map((run) => end(run)));
      done += runs.length;
      runs = await claim(runs.length > 0 ? { limit: 20, freed: runs } : { limit: 20 }, own);
    }
  };
  await Promise.all([1, 2, 3].map(() => worker(createRunStore(database.hotPath))));
  expect(executed.map((list) => list.length)).toEqual(Array.from({ length: 10 }, () => 50));
  for (const list of executed) expect(list).toEqual([...list].sort((a, b) => a - b));
  expect(atOnce).toBe(1);
});

test("a run that waits or needs review holds its key; one that failed or was canceled does not", async () => {
  const ids = [await accept("ada"), await accept("ada"), await accept("ada"), await accept("ada")];
  const [waiting] = await claim();
  await end(waiting, {
    to: "waiting",
    delayMs: 3_600_000,
    reason: { kind: "retry", path: "a", attempt: 1, message: "busy" },
  });
  expect(await claim()).toEqual([]);
  await database.pool.query("UPDATE runs SET due_at = now() WHERE status = 'waiting'");
  const [again] = await claim();
  expect(again?.id).toBe(ids[0]);
  await end(again, { to: "needs_review", reason: { kind: "review", path: "a", message: "Look." } });
  expect(await claim({ runIds: ids })).toEqual([]);
  await createRunControl(database.pool).cancel(automation.workspaceId, ids[0] ?? "", "Canceled.");
  const [second] = await claim();
  expect(second?.id).toBe(ids[1]);
  await end(second, { to: "failed", failure: { code: "not_found", message: "gone" }, path: null });
  expect(idsOf(await claim())).toEqual([ids[2]]);
});

test("a run whose worker died goes on before those that came after it", async () => {
  const ids = [await accept("ada"), await accept("ada")];
  await claim();
  await database.pool.query("UPDATE runs SET lease_until = now() - interval '1 second' WHERE status = 'running'");
  const recovery = await store.recover({ unclaimedMs: 0, crashLimit: 3, limit: 100 });
  expect(recovery.runIds).toEqual(ids.slice(0, 1));
  expect(idsOf(await claim({ runIds: ids }))).toEqual(ids.slice(0, 1));
});

test("a run that commits late behind a younger one that runs already waits for it", async () => {
  const young = await accept("ada");
  const runs = await claim();
  expect(idsOf(runs)).toEqual([young]);
  const late = await accept("ada");
  await database.pool.query("UPDATE runs SET order_position = -1 WHERE id = $1", [late]);
  expect(await claim({ runIds: [late] })).toEqual([]);
  await end(runs[0]);
  expect(idsOf(await claim({ freed: runs }))).toEqual([late]);
});

test("a run that has begun goes on before one that commits late, even after its worker died", async () => {
  const [, young] = [await accept("bob"), await accept("ada")]; // so that the late one can have the position before
  await claim();
  const late = await accept("ada");
  await database.pool.query("UPDATE runs SET order_position = 1 WHERE id = $1", [late]);
  await database.pool.query("UPDATE runs SET lease_until = now() - interval '1 second' WHERE id = $1", [young]);
  await store.recover({ unclaimedMs: 0, crashLimit: 3, limit: 100 });
  expect(idsOf(await claim({ runIds: [late] }))).toEqual([]);
  expect(idsOf(await claim())).toEqual([young]);
});

test("a retry keeps the key of the run that it repeats, and queues at the end", async () => {
  const failed = await accept("ada");
  const [run] = await claim();
  await end(run, { to: "failed", failure: { code: "not_found", message: "gone" }, path: null });
  const next = await accept("ada");
  const { runId } = await createRunControl(database.pool).retry(automation.workspaceId, failed);
  expect(idsOf(await claim({ runIds: [runId, next] }))).toEqual([next]);
});

test("every key has its turn, however many wait", async () => {
  const keys = 600;
  await Promise.all(Array.from({ length: keys }, (_, number) => accept(`key ${number}`)));
  const taken = new Set<string>();
  for (let turn = 0; turn < 40 && taken.size < keys; turn++)
    for (const id of idsOf(await claim({ limit: 50 }))) taken.add(id);
  expect(taken.size).toBe(keys);
});
