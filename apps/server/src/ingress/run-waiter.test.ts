import type { RunOutcome } from "@millrace/engine";
import { expect, test } from "vitest";
import { createRunWaiter, waiterDefaults } from "./run-waiter.ts";

const never = new AbortController().signal;
const at = (runId: string, endpointId = "endpoint") => ({ workspaceId: "ws", endpointId, runId });
const isReady = ({ status }: RunOutcome) => status === "succeeded";

test("gives up after its time, with the status that it saw last", async () => {
  const waiter = createRunWaiter(
    { read: async (runs) => runs.map(({ runId }) => ({ runId, status: "running" })) },
    { subscribe: () => () => undefined },
    isReady,
    { ...waiterDefaults, longestMs: 60, pollMs: 10 },
  );
  expect(await waiter.wait(at("run"), never)).toEqual({ runId: "run", status: "running" });
  expect(waiter.waiting()).toBe(0);
});

test("asks for everybody in one query, and outlives a database that is away", async () => {
  const asked: number[] = [];
  let isAway = true;
  const waiter = createRunWaiter(
    {
      async read(runs) {
        asked.push(runs.length);
        if (isAway) throw new Error("away");
        return runs.map(({ runId }) => ({ runId, status: "succeeded" }));
      },
    },
    { subscribe: () => () => undefined },
    isReady,
    { ...waiterDefaults, pollMs: 5 },
  );
  const waits = ["a", "b", "c"].map((runId) => waiter.wait(at(runId), never));
  while (asked.length < 3) await new Promise((resolve) => setImmediate(resolve));
  isAway = false;
  expect((await Promise.all(waits)).map((outcome) => outcome?.status)).toEqual(["succeeded", "succeeded", "succeeded"]);
  expect(new Set(asked)).toEqual(new Set([3]));
});

test("subscribes once a workspace, and keeps nobody beyond its room", async () => {
  let subscriptions = 0;
  const waiter = createRunWaiter(
    { read: async () => [] },
    {
      subscribe() {
        subscriptions++;
        return () => undefined;
      },
    },
    isReady,
    { ...waiterDefaults, mostWaiting: 2 },
  );
  const stop = new AbortController();
  const waits = ["a", "b", "c"].map((runId) => waiter.wait(at(runId), stop.signal));
  expect(await waits[2]).toBeUndefined();
  expect([waiter.waiting(), subscriptions]).toEqual([2, 1]);
  stop.abort();
  await Promise.all(waits);
  expect(await waiter.wait(at("d"), stop.signal)).toBeUndefined();
  expect([waiter.waiting(), subscriptions]).toEqual([0, 1]);
});

test("keeps so many at one endpoint and no more, and there is room for those of others", async () => {
  const waiter = createRunWaiter({ read: async () => [] }, { subscribe: () => () => undefined }, isReady, {
    ...waiterDefaults,
    mostWaiting: 4,
    mostOfEndpoint: 2,
  });
  const stop = new AbortController();
  const slow = ["a", "b", "c"].map((runId) => waiter.wait(at(runId, "slow"), stop.signal));
  expect(await slow[2]).toBeUndefined();
  const other = waiter.wait(at("d", "other"), stop.signal);
  expect(waiter.waiting()).toBe(3);
  stop.abort();
  await Promise.all([...slow, other]);
  const end = new AbortController();
  const again = ["e", "f"].map((runId) => waiter.wait(at(runId, "slow"), end.signal));
  expect(waiter.waiting()).toBe(2);
  end.abort();
  await Promise.all(again);
});
