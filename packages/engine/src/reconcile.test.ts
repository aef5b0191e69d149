import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Recovery, RunStore } from "./ports.ts";
import { reconcileDefaults, startReconciler } from "./reconcile.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const nothing: Recovery = {
  ...{ runIds: [], expiredLeases: 0, quarantined: 0, quarantinedRuns: [], dueWaits: 0, lastChances: 0 },
};

/** A database that can be away. `recoveredAt`: in seconds since the beginning. */
function open() {
  const beganAt = Date.now();
  const recoveredAt: number[] = [];
  const state = { isAway: false, lastChancesMs: 0 };
  const store = {
    async ping() {
      if (state.isAway) throw new Error("away");
    },
    async recover() {
      recoveredAt.push(Math.round((Date.now() - beganAt) / 1_000));
      return { ...nothing, lastChances: state.lastChancesMs > 0 ? 1 : 0 };
    },
  };
  const log = { info() {}, warn() {}, error() {} };
  const pool = {
    take: async () => 0,
    takeLastChances: () => new Promise<void>((resolve) => setTimeout(resolve, state.lastChancesMs)),
  };
  const { stop } = startReconciler(store as unknown as RunStore, pool, log, reconcileDefaults);
  return { state, recoveredAt, stop };
}

test("recovers at once, and again and again", async () => {
  const { recoveredAt, stop } = open();
  await vi.advanceTimersByTimeAsync(6_000);
  expect(recoveredAt).toEqual([0, 2, 4, 6]);
  await stop();
});

test("after the database was away for long, living workers extend their leases before anything is taken back", async () => {
  const { state, recoveredAt, stop } = open();
  await vi.advanceTimersByTimeAsync(1_000);
  state.isAway = true;
  await vi.advanceTimersByTimeAsync(20_000);
  state.isAway = false;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(recoveredAt).toEqual([0, 28, 30]);
  await stop();
});

test("so it is after the process itself stood still", async () => {
  const { recoveredAt, stop } = open();
  await vi.advanceTimersByTimeAsync(1_000);
  vi.setSystemTime(Date.now() + 60_000);
  await vi.advanceTimersByTimeAsync(8_000);
  expect(recoveredAt).toEqual([0, 68]);
  await stop();
});

test("however long runs have the worker to themselves, it is no interruption", async () => {
  const { state, recoveredAt, stop } = open();
  await vi.advanceTimersByTimeAsync(1_000);
  state.lastChancesMs = 20_000;
  await vi.advanceTimersByTimeAsync(2_000);
  state.lastChancesMs = 0;
  await vi.advanceTimersByTimeAsync(24_000);
  expect(recoveredAt).toEqual([0, 2, 24, 26]);
  await stop();
});

test("a short outage changes nothing", async () => {
  const { state, recoveredAt, stop } = open();
  await vi.advanceTimersByTimeAsync(1_000);
  state.isAway = true;
  await vi.advanceTimersByTimeAsync(6_000);
  state.isAway = false;
  await vi.advanceTimersByTimeAsync(3_000);
  expect(recoveredAt).toEqual([0, 8, 10]);
  await stop();
});
