import { createHash } from "node:crypto";
import { newId } from "@millrace/base";
import { acceptedAnswer, duplicateAnswer } from "@millrace/engine";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import type pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createIntake } from "./intake.ts";
import { sampleRequest, whileLocked } from "./run-samples.fixture.ts";
import { createRunStore } from "./run-store.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const rowsOf = async (statement: string, values: unknown[]) => (await database.pool.query(statement, values)).rows;

test("stores event, delivery and run of a request together", async () => {
  const request = sampleRequest();
  const accepted = await createIntake(database.hotPath).accept(request);
  expect(accepted).toEqual({
    runId: expect.stringMatching(/^run_/),
    deliveryId: expect.stringMatching(/^dlv_/),
    isDuplicate: false,
    bodyDiffers: false,
    answer: acceptedAnswer(accepted.runId),
  });
  const [delivery] = await rowsOf("SELECT * FROM deliveries WHERE id = $1", [accepted.deliveryId]);
  expect(delivery).toMatchObject({ verdict: "accepted", run_id: accepted.runId, size_bytes: 14, answer_status: 202 });
  expect(delivery.answer_body).toBe(accepted.answer.body);
  const [run] = await rowsOf("SELECT * FROM runs WHERE id = $1", [accepted.runId]);
  expect(run).toMatchObject({
    status: "queued",
    trigger_type: "webhook",
    origin_run_id: accepted.runId,
    delivery_id: accepted.deliveryId,
  });
  const [event] = await rowsOf("SELECT * FROM events WHERE id = $1", [delivery.event_id]);
  expect(event.body.toString()).toBe('{"name":"Ada"}');
  expect(event.received_at).toEqual(request.event.receivedAt);
});

test("gives a hundred requests with one key, over two intakes at once, one run", async () => {
  const intakes = [createIntake(database.hotPath), createIntake(database.hotPath)];
  const { endpointId } = sampleRequest();
  const requests = Array.from({ length: 100 }, () => sampleRequest({ endpointId, dedupeKey: "order-17" }));
  const answers = await Promise.all(requests.map((request, index) => intakes[index % 2]?.accept(request)));
  const runIds = new Set(answers.map((answer) => answer?.runId));
  expect(runIds.size).toBe(1);
  expect(answers.filter((answer) => answer?.isDuplicate === false)).toHaveLength(1);
  const [runId = ""] = runIds;
  const duplicate = answers.find((answer) => answer?.isDuplicate);
  expect(duplicate?.answer).toEqual(duplicateAnswer(runId));
  const deliveries = await rowsOf("SELECT verdict, run_id FROM deliveries WHERE endpoint_id = $1", [endpointId]);
  expect(deliveries).toHaveLength(100);
  expect(deliveries.every((delivery) => delivery.run_id === runId)).toBe(true);
  expect(await rowsOf("SELECT 1 FROM runs WHERE id = $1", [runId])).toHaveLength(1);
});

test("keeps keys of different endpoints apart, and a request without a key is never a duplicate", async () => {
  const intake = createIntake(database.hotPath);
  const { endpointId } = sampleRequest();
  const accepted = await Promise.all([
    intake.accept(sampleRequest({ dedupeKey: "same" })),
    intake.accept(sampleRequest({ dedupeKey: "same" })),
    intake.accept(sampleRequest({ endpointId })),
    intake.accept(sampleRequest({ endpointId })),
  ]);
  expect(new Set(accepted.map(({ runId }) => runId)).size).toBe(4);
  expect(accepted.some(({ isDuplicate }) => isDuplicate)).toBe(false);
});

test("flags another body under a known key and keeps it to be looked at", async () => {
  const intake = createIntake(database.hotPath);
  const { endpointId } = sampleRequest();
  const first = await intake.accept(sampleRequest({ endpointId, dedupeKey: "k", body: "one" }));
  const same = await intake.accept(sampleRequest({ endpointId, dedupeKey: "k", body: "one" }));
  const other = await intake.accept(sampleRequest({ endpointId, dedupeKey: "k", body: "two" }));
  expect(same).toMatchObject({ runId: first.runId, isDuplicate: true, bodyDiffers: false });
  expect(other).toMatchObject({ runId: first.runId, isDuplicate: true, bodyDiffers: true });
  const [sameRow] = await rowsOf("SELECT event_id, reason FROM deliveries WHERE id = $1", [same.deliveryId]);
  expect(sameRow).toEqual({ event_id: null, reason: null });
  const [row] = await rowsOf(
    "SELECT d.reason, e.body FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.id = $1",
    [other.deliveryId],
  );
  expect(row.body.toString()).toBe("two");
  expect(row.reason).toContain("another body");
});

test("takes null characters and broken text wherever a sender may put them", async () => {
  const nasty = "a\u0000b\ud800";
  const request = sampleRequest({ dedupeKey: nasty, sourceIp: nasty });
  request.event = {
    ...request.event,
    method: nasty,
    query: nasty,
    contentType: nasty,
    headers: [[nasty, nasty]],
    body: Buffer.from([0, 255, 254]),
  };
  const intake = createIntake(database.hotPath);
  const { runId } = await intake.accept(request);
  const again = await intake.accept(request);
  expect(again).toMatchObject({ runId, isDuplicate: true });
  const [run] = await createRunStore(database.hotPath).claim({
    workerId: "w",
    leaseMs: 1000,
    limit: 1,
    runIds: [runId],
  });
  expect(run?.event.headers).toEqual([[nasty, nasty]]);
  expect([...(run?.event.body ?? [])]).toEqual([0, 255, 254]);
  expect(run?.event.query).toBe("a\uFFFDb\uFFFD");
});

test("records a refused request with its body and starts nothing", async () => {
  const { versionId, dedupeKey, ...inbound } = sampleRequest();
  const answer = { status: 401, body: '{"error":"signature"}' };
  const { deliveryId } = await createIntake(database.hotPath).refuse({
    ...inbound,
    verdict: "rejected",
    reason: "The signature is wrong.",
    answer,
  });
  const [row] = await rowsOf(
    "SELECT d.*, e.body FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.id = $1",
    [deliveryId],
  );
  expect(row).toMatchObject({
    verdict: "rejected",
    run_id: null,
    reason: "The signature is wrong.",
    answer_status: 401,
    answer_body: answer.body,
  });
  expect(row.body.toString()).toBe('{"name":"Ada"}');
  expect(await rowsOf("SELECT 1 FROM runs WHERE workspace_id = $1", [inbound.workspaceId])).toEqual([]);
});

test("starts a run by hand, without a delivery", async () => {
  const { workspaceId, automationId, versionId, event } = sampleRequest();
  const { runId } = await createIntake(database.hotPath).start({ workspaceId, automationId, versionId, event });
  const [run] = await rowsOf("SELECT * FROM runs WHERE id = $1", [runId]);
  expect(run).toMatchObject({ status: "queued", trigger_type: "manual", delivery_id: null, version_id: versionId });
  expect(await rowsOf("SELECT 1 FROM deliveries WHERE workspace_id = $1", [workspaceId])).toEqual([]);
});

test("starts a replay in the order of its key, linked to the delivery", async () => {
  const intake = createIntake(database.hotPath);
  const { dedupeKey: _, sourceIp: __, endpointId: ___, ...start } = sampleRequest();
  const accepted = await intake.accept({ ...sampleRequest(start), orderKey: "c1" });
  const replay = { deliveryId: accepted.deliveryId, orderKey: "c1" };
  const { runId } = await intake.start({ ...start, replay });
  const runs = await rowsOf("SELECT * FROM runs WHERE workspace_id = $1 ORDER BY order_position", [start.workspaceId]);
  expect(runs).toMatchObject([
    { id: accepted.runId, trigger_type: "webhook" },
    { id: runId, trigger_type: "replay", delivery_id: accepted.deliveryId, order_key: runs[0].order_key },
  ]);
});

test("a request that can't be stored harms no other of its batch", async () => {
  const intake = createIntake(database.hotPath);
  const bad = sampleRequest();
  bad.event = { ...bad.event, receivedAt: new Date("+200000-01-01T00:00:00Z") };
  const good = Array.from({ length: 5 }, () => intake.accept(sampleRequest()));
  await expect(intake.accept(bad)).rejects.toThrow();
  expect(new Set((await Promise.all(good)).map(({ runId }) => runId)).size).toBe(5);
  expect(await rowsOf("SELECT 1 FROM events WHERE workspace_id = $1", [bad.workspaceId])).toEqual([]);
});

test("a dedupe key that a process standing still has locked keeps only its own request from being stored", async () => {
  const intake = createIntake(database.hotPath);
  const locked = sampleRequest({ dedupeKey: "locked" });
  const first = await intake.accept(locked);
  const lock = "UPDATE dedupe_keys SET run_id = run_id WHERE endpoint_id = $1";
  await whileLocked(database.pool, lock, [locked.endpointId], async () => {
    const blocked = intake.accept(locked);
    const others = Array.from({ length: 5 }, () => intake.accept(sampleRequest({ dedupeKey: "free" })));
    await expect(blocked).rejects.toMatchObject({ code: "55P03" });
    expect((await Promise.all(others)).some(({ isDuplicate }) => isDuplicate)).toBe(false);
  });
  expect(await intake.accept(locked)).toMatchObject({ runId: first.runId, isDuplicate: true });
});

test("a key that another process is storing at that moment is waited for, and its run is the answer", async () => {
  const intake = createIntake(database.hotPath);
  const request = sampleRequest({ dedupeKey: "at once" });
  const elsewhere = await database.pool.connect();
  try {
    await elsewhere.query("BEGIN");
    const owner = await insertKey(elsewhere, request);
    const waiting = intake.accept(request);
    const unkeyed = intake.accept(sampleRequest());
    await sessionsWait(1);
    await elsewhere.query("COMMIT");
    expect(await waiting).toMatchObject({ runId: owner, isDuplicate: true });
    expect(await unkeyed).toMatchObject({ isDuplicate: false });
  } finally {
    elsewhere.release();
  }
  const deliveries = await rowsOf("SELECT verdict FROM deliveries WHERE endpoint_id = $1", [request.endpointId]);
  expect(deliveries).toEqual([{ verdict: "duplicate" }]);
});

test("a batch of known keys, new ones, one of them twice, and none at all stores each as what it is", async () => {
  const intake = createIntake(database.hotPath);
  const { endpointId } = sampleRequest();
  const accept = (dedupeKey: string | null, body = "{}") =>
    intake.accept(sampleRequest({ endpointId, dedupeKey, body }));
  const known = await accept("known");
  const [again, first, twice, other, unkeyed] = await Promise.all([
    accept("known"),
    accept("new"),
    accept("new"),
    accept("new", "[]"),
    accept(null),
  ]);
  expect(again).toMatchObject({ runId: known.runId, isDuplicate: true, bodyDiffers: false });
  expect(first).toMatchObject({ isDuplicate: false, bodyDiffers: false });
  expect(twice).toMatchObject({ runId: first?.runId, isDuplicate: true, bodyDiffers: false });
  expect(other).toMatchObject({ runId: first?.runId, isDuplicate: true, bodyDiffers: true });
  expect(unkeyed).toMatchObject({ isDuplicate: false });
  const counts = await rowsOf(
    `SELECT verdict, count(*)::int, count(DISTINCT run_id)::int AS runs, count(event_id)::int AS events
     FROM deliveries WHERE endpoint_id = $1 GROUP BY verdict ORDER BY verdict`,
    [endpointId],
  );
  expect(counts).toEqual([
    { verdict: "accepted", count: 3, runs: 3, events: 3 },
    { verdict: "duplicate", count: 3, runs: 2, events: 1 },
  ]);
});

test("a new key costs no statement of its own; while keys come again, owners are asked for at once", async () => {
  const { pool } = await database.hotPath.laneOf({});
  const sessions = vi.spyOn(pool, "connect");
  const intake = createIntake(database.hotPath);
  const known = sampleRequest({ dedupeKey: "first" });
  const costs: number[] = [];
  for (const request of [known, known, known, sampleRequest({ dedupeKey: "second" })]) {
    sessions.mockClear();
    await intake.accept(request);
    costs.push(sessions.mock.calls.length);
  }
  sessions.mockRestore();
  // A statement of its own and a transaction take a session each.
  expect(costs).toEqual([1, 2, 1, 1]);
});

/** As another process would, in its own transaction. Gives the run's id. */
async function insertKey(client: pg.PoolClient, request: ReturnType<typeof sampleRequest>): Promise<string> {
  const runId = newId("run");
  await client.query("INSERT INTO dedupe_keys (endpoint_id, key_hash, run_id, body_hash) VALUES ($1, $2, $3, $4)", [
    request.endpointId,
    createHash("sha256")
      .update(request.dedupeKey ?? "")
      .digest(),
    runId,
    createHash("sha256").update(request.event.body).digest(),
  ]);
  return runId;
}

async function sessionsWait(count: number): Promise<void> {
  const waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
  await vi.waitFor(async () => expect(await rowsOf(waiting, [])).toHaveLength(count));
}
