import type { LiveEvent } from "@millrace/engine";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type LiveChannel, openLiveEvents } from "./live-events.ts";
import type { TestStore } from "./testing/job-stores.ts";
import { logLines } from "./testing/log-lines.ts";
import { spawnChild } from "./testing/spawn-child.ts";

const deadline = { timeout: 30_000, interval: 100 };

const event = (workspaceId: string, runId: string, path?: string): LiveEvent => ({
  type: path ? "step.changed" : "run.changed",
  workspaceId,
  automationId: "atm_a",
  runId,
  status: "running",
  ...(path ? { path } : {}),
  at: "2026-01-01T00:00:00.000Z",
});

/** Live events between two instances, as between a worker and a server. */
export function liveEventsContract(open: () => Promise<TestStore>): void {
  let store: TestStore;
  let worker: LiveChannel;
  let server: LiveChannel;
  let log: ReturnType<typeof logLines>;

  beforeEach(async () => {
    store = await open();
    log = logLines();
    worker = await openLiveEvents(store.config, { log });
    server = await openLiveEvents(store.config, { log });
  });
  afterEach(async () => {
    await Promise.all([worker.close(), server.close()]);
    await store.close();
  });

  /** Publishes until this subscriber hears it: a subscription takes a moment to become known. */
  const publishUntilHeard = async (heard: LiveEvent[], published: LiveEvent) => {
    const isHeard = () => {
      worker.publish(published);
      return heard.some(({ runId, path }) => runId === published.runId && path === published.path);
    };
    await expect.poll(isHeard, deadline).toBe(true);
  };
  const watch = (filter: { workspaceId: string; runId?: string }) => {
    const heard: LiveEvent[] = [];
    return { heard, unsubscribe: server.subscribe(filter, (each) => heard.push(each)) };
  };

  test("events reach those who watch their workspace or run, whole and in order, and nobody else", async () => {
    const all = watch({ workspaceId: "ws_a" });
    const one = watch({ workspaceId: "ws_a", runId: "run_2" });
    const other = watch({ workspaceId: "ws_b" });
    await publishUntilHeard(all.heard, event("ws_a", "run_first"));
    await publishUntilHeard(other.heard, event("ws_b", "run_b"));
    const steps = Array.from({ length: 20 }, (_, index) =>
      event("ws_a", index % 2 ? "run_1" : "run_2", `step_${index}`),
    );
    for (const step of steps) worker.publish(step);
    await expect.poll(() => all.heard.filter(({ path }) => path), deadline).toEqual(steps);
    expect(one.heard).toEqual(steps.filter(({ runId }) => runId === "run_2"));
    expect(new Set(all.heard.map(({ workspaceId }) => workspaceId))).toEqual(new Set(["ws_a"]));
    expect(new Set(other.heard.map(({ workspaceId }) => workspaceId))).toEqual(new Set(["ws_b"]));
  });

  test("one who stopped watching hears nothing more", async () => {
    const gone = watch({ workspaceId: "ws_a" });
    const stays = watch({ workspaceId: "ws_a" });
    await publishUntilHeard(stays.heard, event("ws_a", "run_1"));
    gone.unsubscribe();
    const before = gone.heard.length;
    await publishUntilHeard(stays.heard, event("ws_a", "run_2"));
    stays.unsubscribe();
    expect(gone.heard.length).toBe(before);
    const again = watch({ workspaceId: "ws_a" });
    await publishUntilHeard(again.heard, event("ws_a", "run_3"));
  });

  test("a burst of more than a page can show arrives with its last states", async () => {
    const { heard } = watch({ workspaceId: "ws_a" });
    await publishUntilHeard(heard, event("ws_a", "run_first"));
    for (let index = 0; index < 10_000; index++)
      worker.publish(event("ws_a", `run_${index % 100}`, `step_${Math.floor(index / 100)}`));
    await expect.poll(() => heard.at(-1), deadline).toEqual(event("ws_a", "run_99", "step_99"));
  });

  test("events come from another process, and not those of other workspaces", async () => {
    const { heard } = watch({ workspaceId: "ws_one" });
    const child = await spawnChild("publish", store.config);
    try {
      await expect.poll(() => heard.length, deadline).toBeGreaterThan(5);
      expect(new Set(heard.map(({ workspaceId }) => workspaceId))).toEqual(new Set(["ws_one"]));
    } finally {
      await child.kill();
    }
  });

  test("publishing never fails, and subscriptions outlive an outage", async () => {
    const { heard } = watch({ workspaceId: "ws_a" });
    await publishUntilHeard(heard, event("ws_a", "run_1"));
    await store.goDown();
    const late = watch({ workspaceId: "ws_late" });
    for (let index = 0; index < 1_000; index++) worker.publish(event("ws_a", `run_lost_${index}`));
    await expect.poll(() => log.lines.join("\n"), deadline).toContain("live events: the queue's store does not answer");
    await store.comeBack();
    await publishUntilHeard(heard, event("ws_a", "run_2"));
    await publishUntilHeard(late.heard, event("ws_late", "run_3"));
  });

  test("subscriptions outlive broken connections and a wiped store", async () => {
    const { heard } = watch({ workspaceId: "ws_a" });
    await publishUntilHeard(heard, event("ws_a", "run_1"));
    await store.breakConnections();
    await publishUntilHeard(heard, event("ws_a", "run_2"));
    await store.wipe();
    await publishUntilHeard(heard, event("ws_a", "run_3"));
  });
}
