import { Failure, type Json } from "@millrace/base";
import { errorsAtMost } from "@millrace/engine";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Bench, openBench } from "./testing/bench-worker.ts";

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

const call = (id: string, extra: { [key: string]: Json } = {}): Json => ({
  id,
  action: "probe.call",
  input: { label: id },
  ...extra,
});
const set = (id: string, values: { [key: string]: Json }): Json => ({ id, set: values });

async function runOf(steps: Json[], body: Json = {}) {
  const pinned = await bench.publish(steps);
  return bench.settled(await bench.start(pinned, body));
}

describe("a run", () => {
  beforeEach(async () => {
    await bench.work();
  });

  test("executes its steps in order and records input, output and timing of each", async () => {
    const run = await runOf(
      [
        set("greet", { text: "Hello, {{ trigger.body.name }}!" }),
        call("send", { input: { label: "{{ steps.greet.text }}" } }),
        { id: "save", action: "keyvalue.set", input: { key: "last", value: "{{ steps.send.said }}" } },
      ],
      { name: "Ada" },
    );
    expect(run.status).toBe("succeeded");
    expect(run.steps).toMatchObject([
      { path: "greet", status: "succeeded", output: { text: "Hello, Ada!" } },
      {
        path: "send",
        status: "succeeded",
        input: { label: "Hello, Ada!" },
        output: { said: "Hello, Ada!" },
        attempts: [{}],
      },
      { path: "save", status: "succeeded", output: { key: "last", value: "Hello, Ada!" } },
    ]);
    expect(run.finishedAt).toBeInstanceOf(Date);
  });

  test("takes the first true arm of a branch and records the steps inside by path", async () => {
    const branch = (value: number): Json => ({
      id: "size",
      branch: [{ when: `trigger.body.n > ${value}`, steps: [call("big")] }, { otherwise: [call("small")] }],
    });
    const big = await runOf([branch(1), call("after")], { n: 5 });
    expect(big.steps.map(({ path }) => path)).toEqual(["size", "size[0].big", "after"]);
    const small = await runOf([branch(9)], { n: 5 });
    expect(small).toMatchObject({ status: "succeeded", steps: [{ output: { taken: 1 } }, { path: "size[1].small" }] });
  });

  test("ends well and early where a filter is not true, and says so", async () => {
    const run = await runOf([{ id: "only", filter: "trigger.body.n > 9" }, call("never")], { n: 1 });
    expect(run).toMatchObject({ status: "succeeded", reason: { kind: "filtered", path: "only" } });
    expect(bench.calls).toEqual([]);
  });

  test("fails before any call when a required field names a path that is not there", async () => {
    const run = await runOf([call("send", { input: { label: "{{ trigger.body.txet }}" } })], { text: "x" });
    expect(run).toMatchObject({
      status: "failed",
      failedPath: "send",
      failure: { code: "mapping_failed", field: "label", facts: { nearest: "trigger.body.text" } },
    });
    expect(bench.calls).toEqual([]);
  });

  test("goes on after a failure where the step says continue, and later steps see the failure", async () => {
    bench.act(async ({ label }) => {
      if (label === "first") throw new Failure("not_found", "gone");
      return label;
    });
    const run = await runOf([
      call("first", { onError: "continue" }),
      set("seen", { code: "{{ steps.first.failure.code }}" }),
    ]);
    expect(run).toMatchObject({
      status: "succeeded",
      steps: [{ status: "failed" }, { output: { code: "not_found" } }],
    });
  });

  test("runs a failed step's handler", async () => {
    bench.act(async ({ label }) => {
      if (label === "first") throw new Failure("not_found", "gone");
      return label;
    });
    const run = await runOf([call("first", { onError: [call("handler")] })]);
    expect(run).toMatchObject({
      status: "succeeded",
      steps: [{ path: "first" }, { path: "first.onError.handler", status: "succeeded" }],
    });
  });

  test("tries again what may be tried again, under one idempotency key, and no more often than allowed", async () => {
    bench.act(async () => {
      throw new Failure("provider_unavailable", "down");
    });
    const run = await runOf([call("send", { retry: { attempts: 3 } })]);
    expect(run).toMatchObject({
      status: "failed",
      steps: [{ attempts: [{}, {}, {}] }],
      failure: { message: "down (after 3 attempts)" },
    });
    expect(new Set(bench.calls.map(({ key }) => key)).size).toBe(1);
    expect(bench.calls).toHaveLength(3);
  });

  test("waits as a row, with the reason, when the provider asks for more than a moment", async () => {
    let asked = 0;
    bench.act(async ({ label }) => {
      if (asked++ === 0) throw new Failure("rate_limited", "slow down", { retryAfterMs: 2_500 });
      return label;
    });
    const runId = await bench.start(await bench.publish([call("send")]));
    const waiting = await bench.settled(runId, /waiting|failed/);
    expect(waiting).toMatchObject({
      status: "waiting",
      reason: { kind: "retry", path: "send", attempt: 1, message: "slow down" },
      steps: [{ status: "waiting", attempts: [{ failure: { code: "rate_limited" } }] }],
    });
    const done = await bench.settled(runId);
    expect(done).toMatchObject({ status: "succeeded", steps: [{ status: "succeeded", attempts: [{}, {}] }] });
  });

  test("shows a slow step as running while it runs", async () => {
    let release = () => {};
    bench.act(
      () =>
        new Promise((resolve) => {
          release = () => resolve("done");
        }),
    );
    const runId = await bench.start(await bench.publish([set("before", { a: 1 }), call("slow")]));
    const deadline = Date.now() + 10_000;
    while ((await bench.get(runId)).steps.length < 2 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await bench.get(runId)).steps).toMatchObject([
      { path: "before", status: "succeeded" },
      { path: "slow", status: "running" },
    ]);
    release();
    expect(await bench.settled(runId)).toMatchObject({
      status: "succeeded",
      steps: [{}, { status: "succeeded", output: { said: "done" } }],
    });
  });

  test("is canceled while a step runs, and nothing the step does afterwards is recorded", async () => {
    let isAborted = false;
    bench.act(
      (_call, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            isAborted = true;
            reject(new Error("aborted"));
          });
        }),
    );
    const runId = await bench.start(await bench.publish([call("slow"), call("after")]));
    await bench.settled(runId, /running/);
    await bench.control.cancel(bench.workspaceId, runId, "Canceled by Ada.");
    const deadline = Date.now() + 10_000;
    while (!isAborted && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isAborted).toBe(true);
    expect(await bench.get(runId)).toMatchObject({ status: "canceled" });
    expect(bench.calls.map(({ label }) => label)).toEqual(["slow"]);
  });

  test("canceled in the middle of a call, says that it may have been made; a retry asks before it is made at most once", async () => {
    bench.act((_call, signal) => new Promise((_resolve, reject) => signal.addEventListener("abort", reject)));
    const runId = await bench.start(await bench.publish([call("pay", { atMostOnce: true })]));
    await expect.poll(() => bench.calls.length).toBe(1);
    await bench.control.cancel(bench.workspaceId, runId, "Canceled by Ada.");
    expect((await bench.get(runId)).steps).toMatchObject([
      {
        path: "pay",
        status: "failed",
        failure: { code: "outcome_unknown", advice: expect.stringContaining("Look at") },
      },
    ]);
    bench.act(async () => "paid");
    const { runId: retryId } = await bench.control.retry(bench.workspaceId, runId);
    expect(await bench.settled(retryId, /needs_review|succeeded|failed/)).toMatchObject({
      status: "needs_review",
      reason: { kind: "review", path: "pay" },
    });
    expect(bench.calls).toHaveLength(1);
    await bench.control.retry(bench.workspaceId, retryId);
    expect(await bench.settled(retryId, /succeeded|failed/)).toMatchObject({ status: "succeeded" });
    expect(bench.calls).toHaveLength(2);
    expect(bench.calls[0]?.key).toBe(bench.calls[1]?.key);
  });

  test("canceled in the middle of any other call, makes it again under the same key when it is retried", async () => {
    bench.act((_call, signal) => new Promise((_resolve, reject) => signal.addEventListener("abort", reject)));
    const runId = await bench.start(await bench.publish([call("tell")]));
    await expect.poll(async () => (await bench.get(runId)).steps).toMatchObject([{ status: "running" }]);
    await bench.control.cancel(bench.workspaceId, runId, "Canceled by Ada.");
    bench.act(async () => "told");
    const { runId: retryId } = await bench.control.retry(bench.workspaceId, runId);
    const retried = await bench.settled(retryId);
    expect(retried).toMatchObject({ status: "succeeded", steps: [{ status: "succeeded", attempts: [{}] }] });
    expect(bench.calls.map(({ key }) => key)).toEqual([bench.calls[0]?.key, bench.calls[0]?.key]);
  });

  test("retried from the failed step, keeps what succeeded and calls the failed step under the same key", async () => {
    let isBroken = true;
    bench.act(async ({ label }) => {
      if (label === "second" && isBroken) throw new Failure("credential_rejected", "wrong key");
      return label;
    });
    const failed = await runOf([call("first"), call("second"), call("third")]);
    expect(failed).toMatchObject({ status: "failed", failedPath: "second" });
    isBroken = false;
    const { runId } = await bench.control.retry(bench.workspaceId, failed.id);
    const retried = await bench.settled(runId);
    expect(retried).toMatchObject({ status: "succeeded", retryOfRunId: failed.id });
    expect(bench.calls.map(({ label }) => label)).toEqual(["first", "second", "second", "third"]);
    expect(bench.calls[1]?.key).toBe(bench.calls[2]?.key);
    expect((await bench.get(failed.id)).status).toBe("failed");
  });
});

test("a run whose record can't be stored is tried again later and later, and fails at last, at its step", async () => {
  const { journal } = bench.ports;
  await bench.work({
    journal: {
      async commit(entry) {
        if (entry.records.some(({ path }) => path === "second")) throw new RangeError("Invalid time value");
        return journal.commit(entry);
      },
    },
  });
  const runId = await bench.start(await bench.publish([call("first"), call("second")]));
  const waiting = await bench.settled(runId, /waiting|failed/);
  expect(waiting).toMatchObject({
    status: "waiting",
    reason: { kind: "trouble", path: "second", attempt: 1, message: "Invalid time value" },
  });
  await bench.pool.query("UPDATE runs SET error_count = $2, due_at = now() WHERE id = $1", [runId, errorsAtMost - 1]);
  expect(await bench.settled(runId)).toMatchObject({
    status: "failed",
    failedPath: "second",
    failure: { code: "own_bug", message: expect.stringContaining("Invalid time value") },
  });
  expect(bench.events.filter(({ type }) => type === "run.changed").map(({ status }) => status)).toEqual([
    "running",
    "waiting",
    "running",
    "failed",
  ]);
  expect(bench.calls.map(({ label }) => label)).toEqual(["first", "second", "second"]);
});

test("a worker that closes hands its runs to the next one, and this is no crash", async () => {
  const first = await bench.work({ workerId: "first" });
  let isHung = true;
  bench.act((_call, signal) =>
    isHung
      ? new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))))
      : Promise.resolve("ok"),
  );
  const runId = await bench.start(await bench.publish([call("slow")]));
  await bench.settled(runId, /running/);
  const deadline = Date.now() + 10_000;
  while (bench.calls.length < 1 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  isHung = false;
  expect(await first.close(50)).toEqual({ handedBack: 1 });
  await bench.work({ workerId: "second" });
  expect(await bench.settled(runId)).toMatchObject({ status: "succeeded" });
  expect((await bench.get(runId)).crashCount).toBe(0);
});

test("a worker that closes while it claims hands back what it gets, and calls nothing", async () => {
  let answer = () => {};
  const isLet = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const { store } = bench.ports;
  const claim: typeof store.claim = async (request) => {
    const runs = await store.claim(request);
    await isLet;
    return runs;
  };
  const worker = await bench.work({ store: { ...store, claim } }, { everyMs: 60_000, unclaimedMs: 60_000 });
  const runId = await bench.start(await bench.publish([call("one")]));
  const taking = worker.pool.take([runId]);
  await bench.settled(runId, /running/);
  const closing = worker.close(10_000);
  answer();
  expect(await closing).toEqual({ handedBack: 0 });
  expect(await bench.get(runId)).toMatchObject({ status: "queued", reason: { kind: "handed_back" }, crashCount: 0 });
  expect(await taking).toBe(0);
  expect(bench.calls).toEqual([]);
});

test("a late ring for a run that ended here asks the database for nothing, any other ring does", async () => {
  const asked: string[][] = [];
  const { store } = bench.ports;
  const claim: typeof store.claim = (request) => {
    if (request.runIds) asked.push([...request.runIds]);
    return store.claim(request);
  };
  const worker = await bench.work({ store: { ...store, claim } }, { everyMs: 60_000, unclaimedMs: 60_000 });
  const version = await bench.publish([call("one")]);
  const [ended, waits] = [await bench.start(version), await bench.start(version)];
  expect(await worker.pool.take([ended])).toBe(1);
  await bench.settled(ended);
  // Its lease is given back a moment after the end of the run is committed.
  while (worker.pool.active() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await worker.pool.take([ended])).toBe(0);
  expect(asked).toEqual([[ended]]);

  bench.act(async () => {
    throw new Failure("rate_limited", "Not now.", { retryAfterMs: 3_000 });
  });
  expect(await worker.pool.take([ended, waits])).toBe(1);
  await bench.settled(waits, /waiting/);
  await bench.pool.query("UPDATE runs SET due_at = now() WHERE id = $1", [waits]);
  bench.act(async () => "ok");
  expect(await worker.pool.take([waits])).toBe(1);
  expect(await bench.settled(waits)).toMatchObject({ status: "succeeded" });
  expect(asked).toEqual([[ended], [waits], [waits]]);
});
