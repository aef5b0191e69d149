import { afterEach, beforeEach, expect, test } from "vitest";
import { openDoorbell } from "./doorbell.ts";
import { openRingListener } from "./ring-listener.ts";
import type { TestStore } from "./testing/job-stores.ts";
import { type LogLines, logLines } from "./testing/log-lines.ts";
import { spawnChild } from "./testing/spawn-child.ts";

const deadline = { timeout: 30_000, interval: 200 };

/** What rings do while the store or a listener fails. A lost ring is allowed; a doorbell or listener that stays broken is not. */
export function faultsContract(open: () => Promise<TestStore>, endsByItself: boolean): void {
  let store: TestStore;
  let log: LogLines;
  let doorbell: Awaited<ReturnType<typeof openDoorbell>>;
  let listener: Awaited<ReturnType<typeof openRingListener>>;
  let heard: Set<string>;

  const openListener = () =>
    openRingListener(store.config, {
      room: () => 100,
      onRing: async (runIds) => {
        for (const id of runIds) heard.add(id);
      },
      log,
    });

  beforeEach(async () => {
    store = await open();
    log = logLines();
    heard = new Set();
    doorbell = await openDoorbell(store.config, { log });
    listener = await openListener();
    await doorbell.ring("ws_a", ["run_first"]);
    await expect.poll(() => heard.has("run_first"), deadline).toBe(true);
  });
  afterEach(async () => {
    await Promise.all([listener.close(), doorbell.close()]);
    await store.close();
  });

  let count = 0;
  /** Rings until a ring is heard: the first ones may be lost. */
  const ringsAgain = async () => {
    const ring = async () => {
      const id = `run_again_${count++}`;
      await doorbell.ring("ws_a", [id]);
      return [...heard].some((each) => each.startsWith("run_again_"));
    };
    await expect.poll(ring, deadline).toBe(true);
    // And from now on none is lost.
    const ids = Array.from({ length: 10 }, () => `run_later_${count++}`);
    for (const id of ids) await doorbell.ring("ws_a", [id]);
    await expect.poll(() => ids.filter((id) => !heard.has(id)), deadline).toEqual([]);
    await expect.poll(() => listener.isHealthy(), deadline).toBe(true);
  };
  const outages = (who: string) =>
    log.lines.filter((line) => line.startsWith(who) && line.includes("does not answer")).length;

  test("a ring into a store that is down returns, and the outage is logged once; afterwards all works again", async () => {
    await store.goDown();
    for (let round = 0; round < 5; round++) {
      await doorbell.ring("ws_a", ["run_lost"]);
    }
    expect(outages("doorbell 0")).toBe(1);
    await expect.poll(() => listener.isHealthy(), deadline).toBe(false);
    await store.comeBack();
    await ringsAgain();
    expect(log.lines.some((line) => line.startsWith("doorbell 0") && line.includes("answers again"))).toBe(true);
  });

  test("a ring into a store that hangs returns nevertheless; afterwards all works again", async () => {
    store.freeze();
    // Nothing answers before the thaw, so these end by their own deadline or not at all.
    await Promise.all(Array.from({ length: 100 }, (_, index) => doorbell.ring("ws_a", [`run_lost_${index}`])));
    expect(outages("doorbell 0")).toBe(1);
    await expect.poll(() => listener.isHealthy(), deadline).toBe(false);
    store.thaw();
    await ringsAgain();
  });

  test("broken connections are made anew", async () => {
    for (let round = 0; round < 3; round++) {
      heard.clear();
      await store.breakConnections();
      await ringsAgain();
    }
  });

  test("a wiped store is made anew, and all works again", async () => {
    for (let round = 0; round < 2; round++) {
      heard.clear();
      await store.wipe();
      await ringsAgain();
    }
  });

  test("a listener and a doorbell opened while the store is down work once it is there", async () => {
    await Promise.all([listener.close(), doorbell.close()]);
    await store.goDown();
    doorbell = await openDoorbell(store.config, { log });
    listener = await openListener();
    expect(listener.isHealthy()).toBe(false);
    await doorbell.ring("ws_a", ["run_lost"]);
    await store.comeBack();
    await ringsAgain();
  });

  if (endsByItself) {
    test("a process that closes everything while the store is down ends by itself", async () => {
      await listener.close();
      const child = await spawnChild("use-everything", store.config);
      await expect.poll(() => child.lines, deadline).toEqual(["working"]);
      await store.goDown();
      await expect.poll(() => child.lines.length, deadline).toBeGreaterThan(1);
      child.process.kill("SIGTERM");
      expect(await child.exitCode).toBe(0);
      expect(child.lines.at(-1)).toBe("closed");
      await store.comeBack();
    });
  }

  test("a listener killed with a ring in its hands takes nothing else with it", async () => {
    await listener.close();
    const child = await spawnChild("hold-ring", store.config);
    await expect.poll(() => child.lines, deadline).toContain("ready");
    await doorbell.ring("ws_a", ["run_held"]);
    await expect.poll(() => child.lines, deadline).toContain("holding run_held");
    listener = await openListener();
    await child.kill();
    await ringsAgain();
    // The lock lasts 15 s; the ring comes again after it. (On both stores, measured; losing it would be allowed too.)
    await expect.poll(() => heard.has("run_held"), deadline).toBe(true);
  });
}
