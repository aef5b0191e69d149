import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLastChances } from "./last-chances.ts";
import type { ClaimedRun } from "./ports.ts";

type Entry = { run: ClaimedRun; done: Promise<void> };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** `suspects`: how long each of those that wait for their last chance takes, and how many crashes it had. */
function setUp(suspects: { ms: number; crashCount?: number }[]) {
  const held = new Set<Entry>();
  const begunAt: number[] = [];
  const trustedAt: number[] = [];
  const besides: number[] = [];
  let isDraining = false;
  const hold = (ms: number, crashCount = 0): Entry => {
    const entry = { run: { crashCount } as ClaimedRun, done: new Promise<void>((done) => setTimeout(done, ms)) };
    held.add(entry);
    entry.done = entry.done.then(() => void held.delete(entry));
    return entry;
  };
  const startedAt = performance.now();
  const chances = createLastChances<Entry>({
    held,
    isDraining: () => isDraining,
    async begin() {
      const next = suspects.shift();
      if (!next) return [];
      begunAt.push(performance.now() - startedAt);
      besides.push(held.size);
      return [hold(next.ms, next.crashCount ?? 2)];
    },
    async trust(survivors) {
      for (const _ of survivors) trustedAt.push(performance.now() - startedAt);
    },
  });
  const drain = () => {
    isDraining = true;
  };
  return { chances, hold, begunAt, trustedAt, besides, drain };
}

test("each run on its last chance is alone until it ended or lasted for 1.5 s", async () => {
  const { chances, begunAt, trustedAt, besides } = setUp([{ ms: 100 }, { ms: 2_000 }, { ms: 100 }]);
  const taking = chances.take();
  expect(chances.isIsolating()).toBe(true);
  await vi.advanceTimersByTimeAsync(10_000);
  await taking;
  expect(chances.isIsolating()).toBe(false);
  expect(begunAt).toEqual([0, 100, 2_100]);
  expect(trustedAt).toEqual([1_600]);
  expect(besides).toEqual([0, 0, 0]);
});

test("what runs already is waited for, but no longer than 1 s", async () => {
  const quick = setUp([{ ms: 10 }]);
  quick.hold(300);
  const slow = setUp([{ ms: 10 }]);
  slow.hold(60_000);
  void quick.chances.take();
  void slow.chances.take();
  await vi.advanceTimersByTimeAsync(5_000);
  expect([quick.begunAt, slow.begunAt]).toEqual([[300], [1_000]]);
});

test.each([
  [2, 1_500],
  [3, 3_000],
  [4, 6_000],
  [6, 24_000],
])("after %i crashes a run has to last for %i ms alone", async (crashCount, ms) => {
  const { chances, trustedAt } = setUp([{ ms: 60_000, crashCount }]);
  void chances.take();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(trustedAt).toEqual([ms]);
});

test("after 5 s the others have their turn, for half as long as they waited", async () => {
  const { chances, begunAt } = setUp(Array.from({ length: 20 }, () => ({ ms: 1_000 })));
  await Promise.all([chances.take(), vi.advanceTimersByTimeAsync(5_000)]);
  expect(begunAt).toHaveLength(5);
  expect(chances.isIsolating()).toBe(false);
  await vi.advanceTimersByTimeAsync(2_400);
  await chances.take();
  expect(begunAt).toHaveLength(5);
  await vi.advanceTimersByTimeAsync(200);
  void chances.take();
  await vi.advanceTimersByTimeAsync(1);
  expect(begunAt).toHaveLength(6);
});

test("a drain ends them", async () => {
  const { chances, begunAt, drain } = setUp(Array.from({ length: 20 }, () => ({ ms: 1_000 })));
  const taking = chances.take();
  await vi.advanceTimersByTimeAsync(500);
  drain();
  await vi.advanceTimersByTimeAsync(2_000);
  await taking;
  expect(begunAt).toHaveLength(1);
});
