import { Failure, type Json } from "@millrace/base";
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

describe("a worker that dies", () => {
  test("leaves its run to another, which does not repeat what is recorded", async () => {
    const dying = await bench.work({ workerId: "dying" });
    let deaths = 0;
    bench.act(async ({ label }) => {
      if (label !== "second" || deaths > 0) return label;
      deaths++;
      return new Promise(() => {}); // its process is gone: no answer ever comes
    });
    const runId = await bench.start(await bench.publish([call("first"), call("second")]));
    await bench.settled(runId, /running/);
    const deadline = Date.now() + 10_000;
    while (bench.calls.length < 2 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    // Its heartbeats stop as they would with the process.
    await bench.pool.query(
      "UPDATE runs SET lease_until = now() - interval '1 second', lease_owner = 'dead' WHERE id = $1",
      [runId],
    );
    await bench.work({ workerId: "heir" });
    expect(await bench.settled(runId)).toMatchObject({ status: "succeeded" });
    expect(bench.calls.map(({ label }) => label)).toEqual(["first", "second", "second"]);
    expect(bench.calls[1]?.key).toBe(bench.calls[2]?.key);
    expect(dying.pool.active()).toBeLessThanOrEqual(1);
  });

  test("and takes the run again keeps its new lease, whatever is answered about the former one", async () => {
    let reclaimed = () => {};
    const isReclaimed = new Promise<void>((resolve) => {
      reclaimed = resolve;
    });
    const { store } = bench.ports;
    await bench.work({
      store: {
        ...store,
        async extendLeases(...request) {
          const lost = await store.extendLeases(...request);
          if (lost.length > 0) await isReclaimed;
          return lost;
        },
      },
    });
    bench.act(async () => {
      if (bench.calls.length === 1) return new Promise(() => {});
      reclaimed();
      await new Promise((resolve) => setTimeout(resolve, 300));
      return "done";
    });
    const runId = await bench.start(await bench.publish([call("slow")]));
    const deadline = Date.now() + 10_000;
    while (bench.calls.length < 1 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    // Late enough for the heartbeat that is told of the loss to be under way before the run is taken again.
    await bench.pool.query("UPDATE runs SET lease_owner = 'dead', fence = fence + 1 WHERE id = $1", [runId]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await bench.pool.query("UPDATE runs SET lease_until = now() - interval '1 second' WHERE id = $1", [runId]);
    expect(await bench.settled(runId)).toMatchObject({ status: "succeeded" });
    expect(bench.calls).toHaveLength(2);
  });

  test("in the middle of an at-most-once step leaves it to a person, and never repeats it", async () => {
    await bench.work({ workerId: "dying" }, { leaseMs: 10_000 });
    bench.act(() => new Promise(() => {}));
    const runId = await bench.start(await bench.publish([call("pay", { atMostOnce: true })]));
    const deadline = Date.now() + 10_000;
    while (bench.calls.length < 1 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
    await bench.pool.query(
      "UPDATE runs SET lease_until = now() - interval '1 second', lease_owner = 'dead' WHERE id = $1",
      [runId],
    );
    await bench.work({ workerId: "heir" }, { leaseMs: 10_000 });
    expect(await bench.settled(runId)).toMatchObject({
      status: "needs_review",
      reason: { kind: "review", path: "pay" },
    });
    expect(bench.calls).toHaveLength(1);
    bench.act(async () => "paid");
    await bench.control.retry(bench.workspaceId, runId);
    expect(await bench.settled(runId, /succeeded|failed/)).toMatchObject({ status: "succeeded" });
  });

  test("each time it takes a run ends that run as quarantined, not the workers", async () => {
    const runId = await bench.start(await bench.publish([call("poison")]));
    for (let crash = 0; crash < 3; crash++) {
      const which = crash < 2 ? { runIds: [runId] } : ({ isLastChance: true } as const);
      await bench.ports.store.claim({ workerId: `w${crash}`, leaseMs: 60_000, limit: 1, ...which });
      await bench.pool.query("UPDATE runs SET lease_until = now() - interval '1 second' WHERE id = $1", [runId]);
      await bench.ports.store.recover({ unclaimedMs: 0, crashLimit: 3, limit: 10 });
    }
    expect(await bench.get(runId)).toMatchObject({ status: "failed", failure: { code: "quarantined" } });
  });
});

test("a run that kills its workers takes none of those beside it along: before the last time each runs apart", async () => {
  const names = ["a", "b", "poison", "c", "d"];
  const version = await bench.publish([
    { id: "call", action: "probe.call", input: { label: "{{ trigger.body.name }}" } },
  ]);
  const runIds = new Map<string, string>();
  for (const name of names) runIds.set(name, await bench.start(version, { name }));
  const ids = [...runIds.values()];
  for (let crash = 0; crash < 2; crash++) {
    await bench.ports.store.claim({ workerId: `w${crash}`, leaseMs: 60_000, limit: 5, runIds: ids });
    await bench.pool.query("UPDATE runs SET lease_until = now() - interval '1 second' WHERE id = ANY($1)", [ids]);
    await bench.ports.store.recover({ unclaimedMs: 0, crashLimit: 3, limit: 10 });
  }
  const under = new Set<string>();
  const beside: string[][] = [];
  bench.act(async ({ label }) => {
    under.add(label);
    beside.push([...under]);
    // The fresh one is claimed as ever, but not beside these.
    if (label === "a") runIds.set("fresh", await bench.start(version, { name: "fresh" }));
    if (label === "poison") {
      const died =
        "UPDATE runs SET lease_owner = 'dead', lease_until = now() - interval '1 second' WHERE status = 'running'";
      await bench.pool.query(died);
      return new Promise(() => {});
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    under.delete(label);
    return label;
  });
  await bench.work();
  expect(await bench.settled(runIds.get("poison") ?? "")).toMatchObject({ failure: { code: "quarantined" } });
  for (const name of ["a", "b", "c", "d", "fresh"]) {
    expect(await bench.settled(runIds.get(name) ?? ""), name).toMatchObject({ status: "succeeded" });
  }
  const suspects = beside.filter((labels) => !labels.includes("fresh") && !labels.includes("poison"));
  expect(suspects.every((labels) => labels.length === 1)).toBe(true);
});

test("a run that lasts on its own is trusted again, and the others go on", async () => {
  const version = await bench.publish([call("long")]);
  const runId = await bench.start(version);
  await bench.pool.query("UPDATE runs SET crash_count = 2 WHERE id = $1", [runId]);
  let finish = (_label: string) => {};
  const finished = new Promise<string>((resolve) => {
    finish = resolve;
  });
  bench.act(({ label }) => (label === "long" ? finished : Promise.resolve(label)));
  await bench.work({}, { leaseMs: 10_000 });
  await bench.settled(runId, /running/);
  const other = await bench.start(await bench.publish([call("other")]));
  expect(await bench.settled(other)).toMatchObject({ status: "succeeded" });
  expect(await bench.get(runId)).toMatchObject({ status: "running", crashCount: 0 });
  finish("done");
  expect(await bench.settled(runId)).toMatchObject({ status: "succeeded" });
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
