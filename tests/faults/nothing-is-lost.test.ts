import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { check } from "./check.ts";
import { type Findings, openFindings } from "./findings.ts";
import { killDuringCall, recoveryTimes } from "./kill-points.ts";
import { judgeCopies } from "./rows/duplicates.ts";
import { killIngressAt } from "./rows/ingress-kills.ts";
import { delay } from "./until.ts";
import { openWorld, type World } from "./world.ts";

/** Other tests and builds share the machine: what must happen is fixed, how fast it does is not looked at here. */
const patience = 10;
const limitMs = 300_000;
const load = { count: 100_000, connections: 20, resends: true };

const findingsFor = (world: World): Findings => openFindings({ id: "", title: "", backend: world.backend }, patience);

describe("two processes that take webhooks, two that work, and the queue in PostgreSQL", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld("postgres", 1);
    await world.use("split");
  }, limitMs);
  afterAll(() => world?.close(), limitMs);

  test("lose nothing and repeat nothing when a worker is killed in the middle of a step", {
    timeout: limitMs,
  }, async () => {
    const findings = findingsFor(world);
    const flow = await world.newFlow("worker");
    const once = await world.newFlow("worker-once", { atMostOnce: true });
    for (const { name } of [flow, once]) world.sink.setMode(name, { kind: "answer", status: 200, afterMs: 800 });
    const sendings = [flow, once].map((one) => world.send(one, { ...load, count: 30, ratePerS: 20 }));
    const killed = await killDuringCall(world, flow, world.workers);
    expect(killed).toBeDefined();
    if (!killed) return;
    const waits = await recoveryTimes(world, killed, limitMs);
    expect(waits.length).toBeGreaterThan(0);
    await killed.process.start();
    await Promise.all(sendings.map(({ done }) => done));
    for (const one of [flow, once]) await check(world, one, findings, { boundMs: 20_000 });
    expect(findings.row.violations).toEqual([]);
  });

  test("lose nothing and start nothing twice when one is killed between commit, answer and ring", {
    timeout: limitMs,
  }, async () => {
    const findings = findingsFor(world);
    const flow = await world.newFlow("ingress");
    const sending = world.send(flow, { ...load, ratePerS: 30 });
    const moments = [
      "after the keys, before the commit",
      "after the commit, before the answer",
      "after the answer, before the ring",
    ] as const;
    for (const [index, moment] of moments.entries()) {
      const ingress = world.ingresses[index % 2 === 0 ? 0 : 1];
      const { killed, sent } = await killIngressAt(world, flow, ingress, moment);
      expect(killed, moment).toBeDefined();
      await ingress.start();
      await sent;
    }
    sending.stop();
    await sending.done;
    await check(world, flow, findings, { boundMs: 20_000 });
    expect(findings.row.violations).toEqual([]);
  });

  test("go on when PostgreSQL crashes and when its sessions are cut, without being started again", {
    timeout: limitMs,
  }, async () => {
    const findings = findingsFor(world);
    const flow = await world.newFlow("postgres");
    const pids = world.processes.filter((process) => process.isRunning()).map(({ pid }) => pid);
    const sending = world.send(flow, { ...load, ratePerS: 30 });
    await delay(500);
    await world.stores.crashPostgres("immediate");
    await delay(500);
    await world.stores.crashPostgres("backend killed");
    await delay(500);
    sending.stop();
    await sending.done;
    await check(world, flow, findings, { boundMs: 20_000 });
    expect(findings.row.violations).toEqual([]);
    expect(world.processes.filter((process) => process.isRunning()).map(({ pid }) => pid)).toEqual(pids);
  });

  test("start one run for 1,000 copies of one event, and tell every sender the same", {
    timeout: limitMs,
  }, async () => {
    const findings = findingsFor(world);
    const flow = await world.newFlow("copies");
    const sending = world.send(flow, { count: 1, copies: 1_000, connections: 200, resends: false, timeoutMs: 60_000 });
    await sending.done;
    judgeCopies(world, [sending.id], 1_000, findings);
    expect(await check(world, flow, findings, { boundMs: 20_000 })).toHaveLength(1);
    expect(findings.row.violations).toEqual([]);
  });
});

describe.each(["postgres", "redis"] as const)("with the queue in %s", (backend) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(backend, 1);
    await world.use("single");
  }, limitMs);
  afterAll(() => world?.close(), limitMs);

  test("nothing is lost when the queue is wiped under load", { timeout: limitMs }, async () => {
    const findings = findingsFor(world);
    const flow = await world.newFlow("wipe");
    world.sink.setMode(flow.name, { kind: "answer", status: 200, afterMs: 100 });
    const sending = world.send(flow, { ...load, ratePerS: 30 });
    for (let wipe = 0; wipe < 3; wipe++) {
      await delay(700);
      await world.stores.wipeQueue();
    }
    sending.stop();
    await sending.done;
    await check(world, flow, findings, { boundMs: 20_000 });
    expect(findings.row.violations).toEqual([]);
  });
});
