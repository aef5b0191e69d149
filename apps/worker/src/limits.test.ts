import { Failure, newId } from "@millrace/base";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Bench, openBench } from "./testing/bench-worker.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

const call = [{ id: "send", action: "probe.call", input: { label: "{{ trigger.body.label }}" } }];
/** Rings and what a run frees are all that these workers go by. */
const neverReconciles = { everyMs: 600_000, unclaimedMs: 600_000 };

/** Counts the calls under way, of each label. */
function watchCalls(): { most(): number; labels: string[] } {
  const under = new Map<string, number>();
  const labels: string[] = [];
  let most = 0;
  bench.act(async ({ label }) => {
    labels.push(label);
    under.set(label, (under.get(label) ?? 0) + 1);
    most = Math.max(most, ...under.values());
    await new Promise((resolve) => setImmediate(resolve));
    under.set(label, (under.get(label) ?? 0) - 1);
    return label;
  });
  return { most: () => most, labels };
}

test("two workers drain a limited automation without the reconciler, never more at once than it says", async () => {
  const calls = watchCalls();
  const pinned = await bench.publish(call, 3);
  const runIds = await Promise.all(Array.from({ length: 60 }, () => bench.start(pinned, { label: "all" })));
  const workers = [
    await bench.work({ workerId: "w1" }, neverReconciles),
    await bench.work({ workerId: "w2" }, neverReconciles),
  ];
  await Promise.all(workers.map(({ pool }) => pool.take(runIds)));
  for (const runId of runIds) expect(await bench.settled(runId)).toMatchObject({ status: "succeeded" });
  expect(calls.labels).toHaveLength(60);
  expect(calls.most()).toBeLessThanOrEqual(3);
});

test("a run that waits for a retry makes room, and comes back within the limit", async () => {
  const pinned = await bench.publish(call, 1);
  let isFirst = true;
  bench.act(async ({ label }) => {
    if (label === "retried" && isFirst) {
      isFirst = false;
      throw new Failure("rate_limited", "slow down", { retryAfterMs: 3_000 });
    }
    return label;
  });
  const retried = await bench.start(pinned, { label: "retried" });
  const next = await bench.start(pinned, { label: "next" });
  const { pool } = await bench.work({}, { everyMs: 50, unclaimedMs: 600_000 });
  await pool.take([retried, next]);
  expect(await bench.settled(next)).toMatchObject({ status: "succeeded" });
  expect(await bench.settled(retried, /waiting|succeeded/)).toMatchObject({ status: "waiting" });
  expect(await bench.settled(retried)).toMatchObject({ status: "succeeded" });
});

test("a workspace's limit holds across its automations, and every run has its turn without the reconciler", async () => {
  await bench.prisma.workspace.update({ where: { id: bench.workspaceId }, data: { maxRunningRuns: 2 } });
  const calls = watchCalls();
  const automations = await Promise.all(Array.from({ length: 8 }, () => bench.publish(call)));
  const runIds = await Promise.all(
    automations.flatMap((pinned) => Array.from({ length: 5 }, () => bench.start(pinned, { label: "all" }))),
  );
  const workers = [
    await bench.work({ workerId: "w1" }, neverReconciles),
    await bench.work({ workerId: "w2" }, neverReconciles),
  ];
  await Promise.all(workers.map(({ pool }) => pool.take(runIds)));
  for (const runId of runIds) expect(await bench.settled(runId)).toMatchObject({ status: "succeeded" });
  expect(calls.most()).toBeLessThanOrEqual(2);
});

test("runs of one key follow one another without the reconciler, in the order of arrival", async () => {
  const calls = watchCalls();
  const pinned = await bench.publish([
    { id: "send", action: "probe.call", input: { label: "{{ trigger.body.label }}" } },
    { id: "note", action: "keyvalue.set", input: { key: "last", value: "{{ trigger.body.n }}" } },
  ]);
  const runIds: string[] = [];
  for (let n = 0; n < 40; n++) runIds.push(await bench.start(pinned, { label: `key ${n % 2}`, n }, `key ${n % 2}`));
  const workers = [
    await bench.work({ workerId: "w1" }, neverReconciles),
    await bench.work({ workerId: "w2" }, neverReconciles),
  ];
  await Promise.all(workers.map(({ pool }) => pool.take(runIds)));
  const runs = [];
  for (const runId of runIds) runs.push(await bench.settled(runId));
  expect(calls.most()).toBe(1);
  for (const key of [0, 1]) {
    const times = runs.filter((_, n) => n % 2 === key).map(({ startedAt, finishedAt }) => [startedAt, finishedAt]);
    for (const [index, [startedAt]] of times.entries()) {
      const before = times[index - 1]?.[1];
      if (before && startedAt) expect(startedAt.getTime()).toBeGreaterThanOrEqual(before.getTime());
    }
  }
});

test.each([
  ["a limit", null],
  ["order keys", "key"],
])(
  "a workspace with %s and a backlog does not shut out another, though each of its runs makes room",
  async (_, key) => {
    await bench.prisma.workspace.update({ where: { id: bench.workspaceId }, data: { maxRunningRuns: 64 } });
    const labels: string[] = [];
    const noisy = await bench.publish(call);
    const quietWorkspace = newId("workspace");
    await bench.prisma.workspace.create({ data: { id: quietWorkspace, name: "Quiet" } });
    const quiet = await bench.publish(call, null, quietWorkspace);
    const { pool } = await bench.work({}, { ...neverReconciles, concurrency: 64, leaseMs: 60_000 });
    const runIds = await Promise.all(
      Array.from({ length: 800 }, (_, n) => bench.start(noisy, { label: "noisy" }, key && `${key} ${n % 400}`)),
    );
    let goOn = () => {};
    // One ends after the other.
    let before = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    bench.act(async ({ label }) => {
      labels.push(label);
      if (label === "noisy") {
        before = before.then(() => new Promise((resolve) => setTimeout(resolve, 2)));
        await before;
      }
      return label;
    });
    await pool.take(runIds);
    // Runs that a limit or an order concerns are claimed apart from the ring.
    await expect.poll(() => labels.length, { timeout: 20_000 }).toBeGreaterThan(0);
    await pool.take([await bench.start(quiet, { label: "quiet" })]);
    goOn();
    for (const runId of runIds) expect(await bench.settled(runId)).toMatchObject({ status: "succeeded" });
    expect(labels.indexOf("quiet")).toBeGreaterThan(0);
    expect(labels.indexOf("quiet")).toBeLessThan(400);
  },
);

test("an automation that holds hundreds of its runs back does not hold up another", async () => {
  const pinned = await bench.publish(call, 1);
  bench.act(({ label }) => (label === "noisy" ? new Promise(() => {}) : Promise.resolve(label)));
  await Promise.all(Array.from({ length: 200 }, () => bench.start(pinned, { label: "noisy" })));
  const { pool } = await bench.work({}, { everyMs: 50 });
  const deadline = Date.now() + 10_000;
  while (pool.active() < 1 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  const other = await bench.publish(call);
  const runId = await bench.start(other, { label: "quiet" });
  expect(await bench.settled(runId)).toMatchObject({ status: "succeeded" });
  expect(pool.active()).toBe(1);
});

test("a ring is answered at once, whatever claims for limited runs are under way", async () => {
  const calls = watchCalls();
  const limited = await bench.publish(call, 1);
  const free = await bench.publish(call);
  let open = () => {};
  const isOpen = new Promise<void>((resolve) => {
    open = resolve;
  });
  let held = 0;
  const { store } = bench.ports;
  const claim: typeof store.claim = async (request) => {
    if (request.freed || (request.runIds && !request.setAside && ++held > 1)) await isOpen;
    return store.claim(request);
  };
  const { pool } = await bench.work({ store: { ...store, claim } }, neverReconciles);
  const first = await bench.start(limited, { label: "limited" });
  await pool.take([first]);
  // Its end is news to those behind it, and so is their ring: both claims are held up from here on.
  expect(await bench.settled(first)).toMatchObject({ status: "succeeded" });
  const second = await bench.start(limited, { label: "limited" });
  await pool.take([second]);
  for (let round = 0; round < 3; round++) {
    const runId = await bench.start(free, { label: "free" });
    await pool.take([runId]);
    expect(await bench.settled(runId)).toMatchObject({ status: "succeeded" });
  }
  expect(await bench.get(second)).toMatchObject({ status: "queued" });
  open();
  expect(await bench.settled(second)).toMatchObject({ status: "succeeded" });
  expect(calls.labels).toHaveLength(5);
});

test("a worker holds only so many bytes at once, and goes on without the reconciler until all runs are done", async () => {
  const calls = watchCalls();
  const pinned = await bench.publish(call);
  const large = "x".repeat(100_000);
  const bodies = [
    large.repeat(10),
    ...Array.from({ length: 20 }, () => large),
    ...Array.from({ length: 20 }, () => ""),
  ];
  const runIds: string[] = [];
  for (const text of bodies) runIds.push(await bench.start(pinned, { label: "all", text }));
  const { pool } = await bench.work({}, { ...neverReconciles, concurrency: 50, maxHeldBytes: 200_000 });
  await pool.take(runIds);
  for (const runId of runIds) expect(await bench.settled(runId)).toMatchObject({ status: "succeeded" });
  expect(calls.labels).toHaveLength(41);
  // Of the large ones at most three fit, of the small ones all.
  expect(calls.most()).toBeLessThan(25);
});

test("what calls answer counts as held, so no more runs begin beside them than fit", async () => {
  const calls = watchCalls();
  let wait = Promise.resolve();
  let end = () => {};
  bench.act(async ({ label }) => {
    calls.labels.push(label);
    if (label === "second") await wait;
    return "x".repeat(100_000);
  });
  wait = new Promise((resolve) => {
    end = resolve;
  });
  const twoCalls = ["first", "second"].map((label) => ({ id: label, action: "probe.call", input: { label } }));
  const large = await bench.publish(twoCalls);
  const { pool } = await bench.work({}, { ...neverReconciles, concurrency: 10, maxHeldBytes: 150_000 });
  await pool.take([await bench.start(large), await bench.start(large)]);
  await expect.poll(() => calls.labels.filter((label) => label === "second").length).toBe(2);
  expect(pool.room()).toBe(0);
  const next = await bench.start(await bench.publish(call), { label: "next" });
  await pool.take([next]);
  expect((await bench.get(next)).status).toBe("queued");
  end();
  expect(await bench.settled(next)).toMatchObject({ status: "succeeded" });
});

test("a little room is used too, though those beside it take as long as they like", async () => {
  const pinned = await bench.publish(call);
  const ends: (() => void)[] = [];
  bench.act(({ label }) =>
    label === "slow" ? new Promise((resolve) => ends.push(() => resolve(label))) : Promise.resolve(label),
  );
  const { pool } = await bench.work({}, { ...neverReconciles, concurrency: 20 });
  await pool.take(await Promise.all(Array.from({ length: 19 }, () => bench.start(pinned, { label: "slow" }))));
  for (let round = 1; round <= 2; round++) {
    await pool.take([await bench.start(pinned, { label: "slow" })]);
    await expect.poll(() => pool.active()).toBe(20);
    const quiet = await bench.start(await bench.publish(call), { label: "quiet" });
    await pool.take([quiet]);
    await expect.poll(() => ends.length).toBe(20);
    ends.shift()?.();
    expect(await bench.settled(quiet)).toMatchObject({ status: "succeeded" });
    await expect.poll(() => pool.active()).toBe(19);
  }
  for (const end of ends) end();
});

test("a worker that hears no rings finds what is queued by itself", async () => {
  watchCalls();
  await bench.work({}, { ...neverReconciles, idleMs: 50 });
  const pinned = await bench.publish(call);
  for (let round = 0; round < 2; round++) {
    const runId = await bench.start(pinned, { label: "unheard" });
    expect(await bench.settled(runId)).toMatchObject({ status: "succeeded" });
  }
});
