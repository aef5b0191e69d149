import { newId } from "@millrace/base";
import type { ClaimedRun, ClaimRequest, Intake, RunStore } from "@millrace/engine";
import { openTestDatabase, type TestDatabase } from "@millrace/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createIntake } from "./intake.ts";
import { createJournal } from "./journal.ts";
import { commitOf, sampleRequest, sampleWorker, saveAutomation, saveWorkspace } from "./run-samples.fixture.ts";
import { createRunStore } from "./run-store.ts";

let database: TestDatabase;
let intake: Intake;
/** Two processes, each with its own idea of where to look next. */
let stores: [RunStore, RunStore];
beforeEach(async () => {
  database = await openTestDatabase();
  intake = createIntake(database.hotPath);
  stores = [createRunStore(database.hotPath), createRunStore(database.hotPath)];
});
afterEach(() => database.close());

const lease = { workerId: sampleWorker, leaseMs: 60_000 };
const claim = (request: Partial<ClaimRequest> = {}, store = stores[0]) =>
  store.claim({ ...lease, limit: 100, ...request });
const sample = () => ({ workspaceId: newId("workspace"), automationId: newId("automation") });

async function queue(count: number, parts: { workspaceId: string; automationId: string }): Promise<string[]> {
  const accepted = await Promise.all(Array.from({ length: count }, () => intake.accept(sampleRequest(parts))));
  return accepted.map(({ runId }) => runId);
}

async function finish(runs: readonly ClaimedRun[]): Promise<void> {
  const journal = createJournal(database.hotPath);
  await Promise.all(runs.map((run) => journal.commit(commitOf(run, { transition: { to: "succeeded" } }))));
}

const running = async (column: "workspace_id" | "automation_id", id: string): Promise<number> =>
  (await database.pool.query(`SELECT count(*)::int AS n FROM runs WHERE status = 'running' AND ${column} = $1`, [id]))
    .rows[0].n;

describe("an automation's limit", () => {
  test("holds for a ring, for a claim of anything, and after a run has ended", async () => {
    const parts = sample();
    await saveAutomation(database.pool, { ...parts, concurrency: 2 });
    const runIds = await queue(6, parts);
    const first = await claim({ runIds });
    expect(first.map(({ id }) => id)).toEqual(runIds.sort().slice(0, 2));
    expect(first.map(({ isLimited }) => isLimited)).toEqual([true, true]);
    expect(await claim({ runIds })).toEqual([]);
    expect(await claim()).toEqual([]);
    await finish(first.slice(0, 1));
    expect((await claim({ freed: first.slice(0, 1) })).map(({ id }) => id)).toEqual([runIds[2]]);
    expect(await claim({ freed: first.slice(0, 1) })).toEqual([]);
  });

  test("is never exceeded by workers that race, and is used in full", async () => {
    const parts = sample();
    await saveAutomation(database.pool, { ...parts, concurrency: 3 });
    const runIds = await queue(40, parts);
    const done = new Set<string>();
    let most = 0;
    const worker = async (store: RunStore): Promise<void> => {
      const deadline = Date.now() + 30_000;
      while (done.size < runIds.length && Date.now() < deadline) {
        const [rung, any] = await Promise.all([claim({ runIds, limit: 5 }, store), claim({ limit: 5 }, store)]);
        const held = [...rung, ...any];
        most = Math.max(most, await running("automation_id", parts.automationId));
        await finish(held);
        for (const { id } of held) done.add(id);
      }
    };
    await Promise.all([worker(stores[0]), worker(stores[1]), worker(stores[0]), worker(stores[1])]);
    expect(done.size).toBe(40);
    expect(most).toBe(3);
  });

  test("is never exceeded when each worker is rung for another run", async () => {
    const parts = sample();
    await saveAutomation(database.pool, { ...parts, concurrency: 2 });
    const workers = Array.from({ length: 8 }, () => createRunStore(database.hotPath));
    for (let round = 0; round < 15; round++) {
      const runIds = await queue(workers.length, parts);
      const claims = await Promise.all(
        workers.map((store, index) => claim({ runIds: runIds.slice(index, index + 1) }, store)),
      );
      expect(claims.flat()).toHaveLength(2);
      await finish(claims.flat());
      await database.pool.query(
        "UPDATE runs SET status = 'canceled', finished_at = now(), reason_json = '{}' WHERE status = 'queued'",
      );
    }
  });

  test("leaves its workspace's other automations and other workspaces alone", async () => {
    const limited = sample();
    await saveAutomation(database.pool, { ...limited, concurrency: 1 });
    await queue(300, limited);
    const sibling = await queue(3, { ...limited, automationId: newId("automation") });
    const others = await queue(3, sample());
    const runs = await claim({ limit: 10 });
    const ids = runs.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining([...sibling, ...others]));
    expect(runs).toHaveLength(7);
    expect(runs.filter(({ isLimited }) => isLimited)).toHaveLength(1);
  });

  test("counts what runs of every version, and a higher one helps at once", async () => {
    const parts = sample();
    const runIds = await queue(4, parts);
    expect(await claim({ runIds: runIds.slice(0, 2) })).toHaveLength(2);
    await saveAutomation(database.pool, { ...parts, concurrency: 2 });
    expect(await claim()).toEqual([]);
    await saveAutomation(database.pool, { ...parts, concurrency: 3 });
    expect(await claim()).toHaveLength(1);
    await saveAutomation(database.pool, { ...parts, concurrency: null });
    expect(await claim()).toHaveLength(1);
  });
});

describe("a workspace's limit", () => {
  test("is never exceeded by workers that race over its automations", async () => {
    const workspaceId = newId("workspace");
    await saveWorkspace(database.pool, workspaceId, 4);
    const automations = Array.from({ length: 5 }, () => newId("automation"));
    const runIds = (
      await Promise.all(automations.map((automationId) => queue(4, { workspaceId, automationId })))
    ).flat();
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        claim(index % 2 ? { runIds, limit: 3 } : { limit: 3 }, stores[index % 4 ? 0 : 1]),
      ),
    );
    expect(claims.flat()).toHaveLength(4);
    expect(await running("workspace_id", workspaceId)).toBe(4);
  });

  test("is the installation's where it has none of its own", async () => {
    const store = createRunStore(database.hotPath, { defaultMaxRunning: 2 });
    const [own, none] = [sample(), sample()];
    await saveWorkspace(database.pool, own.workspaceId, 3);
    await saveWorkspace(database.pool, none.workspaceId, null);
    const runIds = [...(await queue(5, own)), ...(await queue(5, none))];
    const runs = [...(await claim({ runIds }, store)), ...(await claim({}, store))];
    expect(runs.filter(({ workspaceId }) => workspaceId === own.workspaceId)).toHaveLength(3);
    expect(runs.filter(({ workspaceId }) => workspaceId === none.workspaceId)).toHaveLength(2);
  });

  test("gives what one automation leaves to the next one", async () => {
    const [first, workspaceId] = [sample(), newId("workspace")];
    await saveWorkspace(database.pool, workspaceId, 1);
    const [started] = await queue(1, { ...first, workspaceId });
    const [next] = await queue(1, { workspaceId, automationId: newId("automation") });
    const runs = await claim({ runIds: [started ?? ""] });
    expect(await claim({ runIds: [next ?? ""] })).toEqual([]);
    await finish(runs);
    expect((await claim({ freed: runs })).map(({ id }) => id)).toEqual([next]);
  });
});

describe("fairness", () => {
  test("a tenant with 10,000 queued runs does not hold up another, nor do held-back tenants", async () => {
    const noisy = sample();
    await database.pool.query(
      `INSERT INTO events (id, workspace_id, method, query, headers_json, body, received_at) VALUES ('evt_1', $1, 'POST', '', '[]', '', now())`,
      [noisy.workspaceId],
    );
    await database.pool.query(
      `INSERT INTO runs (id, workspace_id, automation_id, version_id, event_id, trigger_type, origin_run_id, queued_at)
       SELECT r, $2, $3, 'v', 'evt_1', 'manual', r, now() FROM unnest($1::text[]) r`,
      [Array.from({ length: 10_000 }, () => newId("run")), noisy.workspaceId, noisy.automationId],
    );
    for (let tenant = 0; tenant < 30; tenant++) {
      const held = sample();
      await saveWorkspace(database.pool, held.workspaceId, 1);
      await claim({ runIds: await queue(3, held) });
    }
    const quiet = await queue(2, sample());
    const runs = await claim({ limit: 4 });
    expect(runs.map(({ id }) => id)).toEqual(expect.arrayContaining(quiet));
    expect(runs.filter(({ workspaceId }) => workspaceId === noisy.workspaceId)).toHaveLength(2);
  });

  test("what is held back hides nothing behind it in its workspace", async () => {
    const workspaceId = newId("workspace");
    for (let index = 0; index < 60; index++) {
      const parts = { workspaceId, automationId: newId("automation") };
      await saveAutomation(database.pool, { ...parts, concurrency: 1 });
      await claim({ runIds: await queue(2, parts) });
    }
    const behind = await queue(1, { workspaceId, automationId: newId("automation") });
    expect((await claim()).map(({ id }) => id)).toEqual(behind);
  });

  test("waits of one tenant that end by the hundred hold up no other's", async () => {
    const [noisy, quiet] = [sample(), sample()];
    const many = await queue(60, noisy);
    const one = await queue(1, quiet);
    const wait =
      "UPDATE runs SET status = 'waiting', reason_json = '{\"kind\":\"retry\"}', due_at = now() - $2 * interval '1 second' WHERE id = ANY($1)";
    await database.pool.query(wait, [many, 60]);
    await database.pool.query(wait, [one, 1]);
    const { dueWaits, runIds } = await stores[0].recover({ unclaimedMs: 600_000, crashLimit: 3, limit: 10 });
    expect(dueWaits).toBe(10);
    expect(runIds).toEqual(expect.arrayContaining(one));
    await database.pool.query(wait, [one, -60]);
    const others = await stores[0].recover({ unclaimedMs: 600_000, crashLimit: 3, limit: 100 });
    expect(others.dueWaits).toBe(51);
    expect(others.runIds).not.toEqual(expect.arrayContaining(one));
  });

  test("a claim says where it could not look at everything that is queued", async () => {
    let isPart = false;
    const seenInPart = () => {
      isPart = true;
    };
    const parts = sample();
    await saveAutomation(database.pool, { ...parts, concurrency: 1 });
    const accept = (orderKey: string) => intake.accept(sampleRequest({ ...parts, orderKey }));
    expect(await claim({ runIds: [(await accept("first")).runId] })).toHaveLength(1);
    await Promise.all(Array.from({ length: 100 }, (_, index) => accept(`${index}`)));
    expect([await claim({ seenInPart }), isPart]).toEqual([[], false]);
    await Promise.all(Array.from({ length: 700 }, (_, index) => accept(`more ${index}`)));
    expect([await claim({ seenInPart }), isPart]).toEqual([[], true]);
  });

  test("every workspace and every automation has its turn, however many there are", async () => {
    const many = newId("workspace");
    const groups = [
      ...Array.from({ length: 250 }, () => ({ workspaceId: many, automationId: newId("automation") })),
      ...Array.from({ length: 250 }, sample),
    ];
    await Promise.all(groups.map((parts) => queue(1, parts)));
    const taken = new Set<string>();
    for (let turn = 0; turn < 60; turn++)
      for (const { automationId } of await claim({ limit: 10 })) taken.add(automationId);
    expect(taken.size).toBe(500);
  });
});

test("the reconciler rings for what nobody took and never for what is held back", async () => {
  const limited = sample();
  await saveAutomation(database.pool, { ...limited, concurrency: 1 });
  const runIds = await queue(20, limited);
  const forgotten = await queue(2, sample());
  await claim({ runIds: runIds.slice(0, 1) });
  await database.pool.query("UPDATE runs SET queued_at = now() - interval '1 minute'");
  const recovery = await stores[0].recover({ unclaimedMs: 5_000, crashLimit: 3, limit: 500 });
  expect(recovery.runIds.sort()).toEqual(forgotten.sort());
});

test("a last chance that a limit holds back is none, and hides no other", async () => {
  const limited = sample();
  await saveAutomation(database.pool, { ...limited, concurrency: 1 });
  const runIds = await queue(26, limited);
  const held = await claim({ runIds: runIds.slice(0, 1) });
  await database.pool.query("UPDATE runs SET crash_count = 2 WHERE status = 'queued'");
  const recover = () => stores[0].recover({ unclaimedMs: 5_000, crashLimit: 3, limit: 500 });
  const claimLast = () => claim({ isLastChance: true, limit: 1 });
  expect((await recover()).lastChances).toBe(0);
  expect(await claimLast()).toEqual([]);

  const [free = ""] = await queue(1, sample());
  await database.pool.query("UPDATE runs SET crash_count = 2 WHERE id = $1", [free]);
  expect((await recover()).lastChances).toBe(1);
  expect((await claimLast()).map(({ id }) => id)).toEqual([free]);

  await finish(held);
  expect((await recover()).lastChances).toBe(1);
  expect(await claimLast()).toHaveLength(1);
  expect((await recover()).lastChances).toBe(0);
});
