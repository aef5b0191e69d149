import type { Json } from "@millrace/base";
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

  test("says once that it lost the lease; a run that ended while the heartbeat asked about it is not lost", async () => {
    const lost: string[] = [];
    const observe = { runClaimed() {}, stepFinished() {}, runLeft() {}, leaseLost: (id: string) => lost.push(id) };
    const { store } = bench.ports;
    let end = () => {};
    await bench.work({
      observe,
      store: {
        ...store,
        async extendLeases(...request) {
          end();
          // Until what was held is over.
          await new Promise((resolve) => setTimeout(resolve, 100));
          return store.extendLeases(...request);
        },
      },
    });
    bench.act(
      () =>
        new Promise((resolve) => {
          end = () => resolve("done");
        }),
    );
    const ended = await bench.start(await bench.publish([call("ends")]));
    expect(await bench.settled(ended)).toMatchObject({ status: "succeeded" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(lost).toEqual([]);

    bench.act(() => new Promise(() => {}));
    const taken = await bench.start(await bench.publish([call("is taken away")]));
    await expect
      .poll(
        async () => {
          await bench.pool.query(
            "UPDATE runs SET lease_owner = 'other', fence = fence + 1, lease_until = now() + interval '1 hour' WHERE id = $1 AND status = 'running' AND lease_owner <> 'other'",
            [taken],
          );
          return lost;
        },
        { timeout: 10_000 },
      )
      .toEqual([taken]);
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

  test("before anything was recorded leaves a run that says at which step it was, once it has ended", async () => {
    const poison = call("poison", { input: { label: "{{ trigger.body.n }}" } });
    const runId = await bench.start(await bench.publish([set("first", { a: 1 }), poison]), { n: "boom" });
    bench.act(async () => {
      await bench.pool.query(
        "UPDATE runs SET lease_owner = 'dead', lease_until = now() - interval '1 second' WHERE id = $1",
        [runId],
      );
      return new Promise(() => {});
    });
    await bench.work();
    expect(await bench.settled(runId)).toMatchObject({ failure: { code: "quarantined" }, failedPath: "poison" });
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
  expect(await bench.get(runId)).toMatchObject({ status: "running", reason: { kind: "trusted" } });
  finish("done");
  expect(await bench.settled(runId)).toMatchObject({ status: "succeeded", reason: null });
});

test("a run that kills its worker each time after others were let in beside it is apart for longer, and ends", async () => {
  const runId = await bench.start(await bench.publish([call("poison")]));
  await bench.pool.query("UPDATE runs SET crash_count = 2 WHERE id = $1", [runId]);
  // After the first probation (1.5 s), before the end of the second (3 s).
  const killsAfterMs = 2_200;
  bench.act(async () => {
    await new Promise((resolve) => setTimeout(resolve, killsAfterMs));
    await bench.pool.query(
      "UPDATE runs SET lease_owner = 'dead', lease_until = now() - interval '1 second' WHERE id = $1",
      [runId],
    );
    return new Promise(() => {});
  });
  await bench.work({}, { leaseMs: 10_000 });
  expect(await bench.settled(runId)).toMatchObject({
    status: "failed",
    failure: { code: "quarantined", message: "The worker died 4 times while it held this run." },
    crashCount: 4,
  });
  expect(bench.calls).toHaveLength(2);
});
