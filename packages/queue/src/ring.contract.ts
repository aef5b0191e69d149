import { afterEach, beforeEach, expect, test } from "vitest";
import { openDoorbell } from "./doorbell.ts";
import { openQueueMetrics } from "./queue-metrics.ts";
import { openRingListener, type RingListenerOptions } from "./ring-listener.ts";
import type { TestStore } from "./testing/job-stores.ts";
import { logLines } from "./testing/log-lines.ts";
import { spawnChild } from "./testing/spawn-child.ts";

const deadline = { timeout: 10_000 };
const ids = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `run_${from + index}`);

/** What rings do while nothing fails. */
export function ringContract(open: () => Promise<TestStore>): void {
  let store: TestStore;
  let toClose: { close(): Promise<void> }[];

  beforeEach(async () => {
    store = await open();
    toClose = [];
  });
  afterEach(async () => {
    for (const each of toClose.reverse()) await each.close();
    await store.close();
  });

  const keep = <T extends { close(): Promise<void> }>(opened: T): T => {
    toClose.push(opened);
    return opened;
  };
  const ringer = async () => keep(await openDoorbell(store.config, { log: logLines() }));
  const listener = async (options: Partial<RingListenerOptions> & Pick<RingListenerOptions, "onRing">) =>
    keep(await openRingListener(store.config, { room: () => 100, log: logLines(), ...options }));
  /** A listener that remembers what it heard. */
  const listeningEar = async (options: Partial<RingListenerOptions> = {}) => {
    const rings: (readonly string[])[] = [];
    const onRing = async (runIds: readonly string[]) => void rings.push(runIds);
    const opened = await listener({ onRing, ...options });
    return { rings, heard: () => rings.flat().toSorted(), listener: opened };
  };

  test("a ring reaches a listener, and nothing of it stays", async () => {
    const ear = await listeningEar();
    const doorbell = await ringer();
    await doorbell.ring("ws_a", ["run_a"]);
    await expect.poll(ear.heard, deadline).toEqual(["run_a"]);
    expect(ear.listener.isHealthy()).toBe(true);
    const metrics = keep(await openQueueMetrics(store.config, { log: logLines() }));
    await expect.poll(() => metrics.count(), deadline).toEqual({ waiting: 0, active: 0, delayed: 0 });
  });

  test("many ids come in jobs of at most 50", async () => {
    const ear = await listeningEar();
    const doorbell = await ringer();
    await doorbell.ring("ws_a", ids(120));
    await expect.poll(() => ear.heard().length, deadline).toBe(120);
    expect(ear.heard()).toEqual(ids(120).toSorted());
    expect(ear.rings.map(({ length }) => length).toSorted((a, b) => a - b)).toEqual([20, 50, 50]);
  });

  test("rings made together share a job", async () => {
    const doorbell = await ringer();
    await Promise.all(ids(40).map((id) => doorbell.ring("ws_a", [id])));
    const ear = await listeningEar();
    await expect.poll(() => ear.rings.length, deadline).toBe(1);
    expect(ear.heard()).toEqual(ids(40).toSorted());
  });

  test("a delayed ring waits, and those made after it do not", async () => {
    const ear = await listeningEar();
    const doorbell = await ringer();
    await doorbell.ring("ws_a", ["run_later"], { delayMs: 700 });
    await doorbell.ring("ws_a", ["run_now"]);
    await expect.poll(() => ear.rings, deadline).toEqual([["run_now"], ["run_later"]]);
  });

  test("with two listeners each ring is heard by one of them", async () => {
    const [one, two] = [await listeningEar({ concurrency: 1 }), await listeningEar({ concurrency: 1 })];
    const doorbell = await ringer();
    for (let round = 0; round < 20; round++) await doorbell.ring("ws_a", ids(3, round * 3));
    await expect.poll(() => [...one.heard(), ...two.heard()].toSorted(), deadline).toEqual(ids(60).toSorted());
  });

  test("without room rings stay in the queue for others, and come once there is room", async () => {
    let room = 0;
    const full = await listeningEar({ room: () => room });
    const doorbell = await ringer();
    const metrics = keep(await openQueueMetrics(store.config, { log: logLines() }));
    for (const id of ["run_a", "run_b", "run_c"]) await doorbell.ring("ws_a", [id]);
    expect(await metrics.count()).toEqual({ waiting: 3, active: 0, delayed: 0 });

    const free = await listeningEar();
    await expect.poll(free.heard, deadline).toEqual(["run_a", "run_b", "run_c"]);
    expect(full.rings).toEqual([]);

    await free.listener.close();
    await doorbell.ring("ws_a", ["run_d"]);
    expect((await metrics.count())?.waiting).toBe(1);
    room = 1;
    full.listener.roomChanged();
    await expect.poll(full.heard, deadline).toEqual(["run_d"]);
  });

  test("a listener that loses its room while it waits keeps one ring at most, and hands it on when it closes", async () => {
    let room = 1;
    const full = await listeningEar({ room: () => room });
    const doorbell = await ringer();
    await doorbell.ring("ws_a", ["run_a"]);
    await expect.poll(full.heard, deadline).toEqual(["run_a"]);
    room = 0;
    for (const id of ["run_b", "run_c", "run_d"]) await doorbell.ring("ws_a", [id]);
    const metrics = keep(await openQueueMetrics(store.config, { log: logLines() }));
    await expect.poll(async () => (await metrics.count())?.active, deadline).toBe(1);
    expect(full.heard()).toEqual(["run_a"]);
    await full.listener.close();
    const free = await listeningEar();
    await expect.poll(free.heard, deadline).toEqual(["run_b", "run_c", "run_d"]);
  });

  test("a ring that could not be answered is logged, and the listener goes on", async () => {
    const log = logLines();
    const heard: string[] = [];
    await listener({
      log,
      onRing: async ([runId = ""]) => {
        if (runId === "run_bad") throw new Error("the database is away");
        heard.push(runId);
      },
    });
    const doorbell = await ringer();
    await doorbell.ring("ws_a", ["run_bad"]);
    await expect.poll(() => log.lines.join(), deadline).toContain("the database is away");
    await doorbell.ring("ws_a", ["run_good"]);
    await expect.poll(() => heard, deadline).toEqual(["run_good"]);
  });

  test("with several shards every workspace is heard", async () => {
    store.config.shards = 3;
    const ear = await listeningEar();
    const doorbell = await ringer();
    await Promise.all(ids(30).map((id, index) => doorbell.ring(`ws_${index}`, [id])));
    await expect.poll(ear.heard, deadline).toEqual(ids(30).toSorted());
  });

  test("a process that closes everything ends by itself", async () => {
    const child = await spawnChild("use-everything", store.config);
    await expect.poll(() => child.lines, deadline).toEqual(["working"]);
    child.process.kill("SIGTERM");
    expect(await child.exitCode).toBe(0);
    expect(child.lines).toEqual(["working", "closed"]);
  });
}
