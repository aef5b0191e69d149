import fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import { createGroupCommit, Overloaded } from "./group-commit.ts";

type Item = { id: number; key: string; isBad: boolean };

class DataError extends Error {
  readonly code = "22021";
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A store that writes all or nothing, and remembers in which order and in which company. */
function createStore() {
  const batches: Item[][] = [];
  let open = 0;
  let flushes = 0;
  let mostAtOnce = 0;
  const openKeys = new Set<string>();
  const clashes: string[] = [];
  return {
    batches,
    clashes,
    mostAtOnce: () => mostAtOnce,
    async flush(items: readonly Item[]): Promise<string[]> {
      mostAtOnce = Math.max(mostAtOnce, ++open);
      for (const { key } of items) {
        if (openKeys.has(key)) clashes.push(key);
        openKeys.add(key);
      }
      for (let turns = flushes++ % 3; turns >= 0; turns--) await turn();
      open--;
      for (const { key } of items) openKeys.delete(key);
      if (items.some(({ isBad }) => isBad)) throw new DataError("invalid text");
      batches.push([...items]);
      return items.map(({ id }) => `wrote ${id}`);
    },
  };
}

const items = fc.array(
  fc.record({
    key: fc.constantFrom("a", "b", "c", "d", "e"),
    isBad: fc.boolean(),
    pause: fc.integer({ min: 0, max: 2 }),
  }),
  {
    maxLength: 60,
  },
);

test("every item is answered once, with its own answer, and a bad one harms no other", async () => {
  await fc.assert(
    fc.asyncProperty(
      items,
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 3 }),
      async (plan, maxBatch, maxConcurrent) => {
        const store = createStore();
        const group = createGroupCommit<Item, string>({
          flush: store.flush,
          maxBatch,
          maxConcurrent,
          maxQueued: 1_000,
          keyOf: ({ key }) => key,
        });
        const answers: Promise<string>[] = [];
        for (const [id, { key, isBad, pause }] of plan.entries()) {
          const answer = group.submit({ id, key, isBad });
          answer.catch(() => undefined);
          answers.push(answer);
          for (let turns = 0; turns < pause; turns++) await turn();
        }
        const settled = await Promise.allSettled(answers);
        await group.drain();

        for (const [id, { isBad }] of plan.entries()) {
          const outcome = settled[id];
          if (isBad) expect(outcome).toMatchObject({ status: "rejected", reason: expect.any(DataError) });
          else expect(outcome).toEqual({ status: "fulfilled", value: `wrote ${id}` });
        }
        const written = store.batches.flat();
        expect(written.map(({ id }) => id).sort((left, right) => left - right)).toEqual(
          plan.flatMap(({ isBad }, id) => (isBad ? [] : [id])),
        );
        expect(store.batches.every((batch) => batch.length <= maxBatch)).toBe(true);
        // Three of a batch whose items are flushed alone.
        expect(store.mostAtOnce()).toBeLessThanOrEqual(3 * maxConcurrent);
        expect(store.clashes).toEqual([]);
        for (const key of ["a", "b", "c", "d", "e"]) {
          const ids = written.filter((item) => item.key === key).map(({ id }) => id);
          expect(ids).toEqual([...ids].sort((left, right) => left - right));
        }
      },
    ),
    { numRuns: 60 },
  );
});

const itemOf = (id: number, isBad = false): Item => ({ id, key: String(id), isBad });

test("what arrives while a flush is under way shares the next one", async () => {
  const store = createStore();
  const group = createGroupCommit<Item, string>({ flush: store.flush, maxBatch: 50, maxConcurrent: 1, maxQueued: 100 });
  const first = group.submit(itemOf(0));
  await turn();
  await Promise.all([first, ...Array.from({ length: 30 }, (_, index) => group.submit(itemOf(index + 1)))]);
  expect(store.batches.map((batch) => batch.length)).toEqual([1, 30]);
});

test("a batch ends before its weight grows too large, and one heavy item goes alone", async () => {
  const store = createStore();
  const options = { flush: store.flush, maxBatch: 50, maxConcurrent: 1, maxQueued: 100, maxWeight: 10 };
  const group = createGroupCommit<Item, string>({ ...options, weigh: ({ id }) => id });
  await Promise.all([4, 5, 6, 50, 1].map((id) => group.submit(itemOf(id))));
  expect(store.batches.map((batch) => batch.map(({ id }) => id))).toEqual([[4, 5], [6], [50], [1]]);
});

const errorOf = (code: string) => Object.assign(new Error(code), { code });

/** Fails with `error` as long as the first item is among them; remembers whom it was asked to write. */
async function flushWithBadFirst(error: Error) {
  const flushed: number[][] = [];
  const group = createGroupCommit<Item, number>({
    ...{ maxBatch: 50, maxConcurrent: 1, maxQueued: 100 },
    async flush(items) {
      flushed.push(items.map(({ id }) => id));
      if (items.some(({ isBad }) => isBad)) throw error;
      return items.map(({ id }) => id);
    },
  });
  const outcomes = await Promise.allSettled([group.submit(itemOf(1, true)), group.submit(itemOf(2))]);
  return { flushed, outcomes };
}

test.each([
  new Error("Connection terminated unexpectedly"),
  ...["ECONNRESET", "EPIPE", "08006", "25006", "28000", "3D000", "53300", "57014", "57P01", "58030"].map(errorOf),
])("an error of the connection or the server rejects the whole batch without another try (%s)", async (reason) => {
  const { flushed, outcomes } = await flushWithBadFirst(reason);
  expect(flushed).toEqual([[1, 2]]);
  expect(outcomes).toEqual([1, 2].map(() => ({ status: "rejected", reason })));
});

test.each([
  new RangeError("Invalid time value"),
  new TypeError("Converting circular structure to JSON"),
  ...["0A000", "22007", "23505", "42804", "54000", "55P03", "P0001", "XX000"].map(errorOf),
])("any other error harms only the item that it is about (%s)", async (reason) => {
  const { flushed, outcomes } = await flushWithBadFirst(reason);
  expect(flushed).toEqual([[1, 2], [1], [2]]);
  expect(outcomes).toEqual([
    { status: "rejected", reason },
    { status: "fulfilled", value: 2 },
  ]);
});

test("an item that waits for a lock keeps those beside it waiting for the first try only, and those of its key", async () => {
  let unlock: () => void = () => undefined;
  const locked = new Promise<void>((resolve) => {
    unlock = resolve;
  });
  const written: number[] = [];
  const group = createGroupCommit<Item, number>({
    ...{ maxBatch: 50, maxConcurrent: 1, maxQueued: 100, isKeyOnceInBatch: false },
    keyOf: ({ key }) => key,
    async flush(items) {
      if (items.length > 1) throw errorOf("55P03");
      if (items.some(({ isBad }) => isBad)) await locked;
      written.push(...items.map(({ id }) => id));
      return items.map(({ id }) => id);
    },
  });
  const waiting = [group.submit(itemOf(1, true)), group.submit({ ...itemOf(2), key: "1" })];
  expect(await Promise.all([3, 4, 5, 6].map((id) => group.submit(itemOf(id))))).toEqual([3, 4, 5, 6]);
  expect(written).toEqual([3, 4, 5, 6]);
  unlock();
  await Promise.all(waiting);
  expect(written).toEqual([3, 4, 5, 6, 1, 2]);
});

test("rejects at once when too many wait, and takes more when there is room again", async () => {
  const store = createStore();
  const group = createGroupCommit<Item, string>({ flush: store.flush, maxBatch: 2, maxConcurrent: 1, maxQueued: 3 });
  const waiting = [1, 2, 3].map((id) => group.submit(itemOf(id)));
  await expect(group.submit(itemOf(4))).rejects.toThrow(Overloaded);
  await Promise.all(waiting);
  expect(await group.submit(itemOf(5))).toBe("wrote 5");
});

test("items of one key may share a batch, and still never flush at once nor change their order", async () => {
  const flushed: string[][] = [];
  let under = 0;
  let most = 0;
  const writes = createGroupCommit<string, string>({
    ...{ maxBatch: 3, maxConcurrent: 4, maxQueued: 1_000, isKeyOnceInBatch: false },
    keyOf: (item) => (item.startsWith("a") ? "a" : undefined),
    async flush(items) {
      const hasKey = items.some((item) => item.startsWith("a"));
      if (hasKey) most = Math.max(most, ++under);
      flushed.push([...items]);
      await new Promise((resolve) => setImmediate(resolve));
      if (hasKey) under--;
      return items;
    },
  });
  const items = Array.from({ length: 60 }, (_, index) => (index % 2 ? `b${index}` : `a${index}`));
  expect(await Promise.all(items.map((item) => writes.submit(item)))).toEqual(items);
  expect(flushed.flat().filter((item) => item.startsWith("a"))).toEqual(items.filter((item) => item.startsWith("a")));
  expect(most).toBe(1);
  expect(flushed.some((batch) => batch.filter((item) => item.startsWith("a")).length > 1)).toBe(true);
});

test("items in company wait for more of them, a full batch and an item alone wait for nobody", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const sizes: number[] = [];
  const writes = createGroupCommit<number, number>({
    ...{ maxBatch: 3, maxConcurrent: 2, maxQueued: 100, spacingMs: 8 },
    async flush(batch) {
      sizes.push(batch.length);
      return batch;
    },
  });
  await writes.submit(1);
  await writes.submit(2);
  await Promise.all([writes.submit(3), writes.submit(4)]);
  expect(sizes).toEqual([1, 1, 2]);
  await Promise.all([writes.submit(5), writes.submit(6), writes.submit(7)]);
  expect(sizes).toEqual([1, 1, 2, 3]);

  const late = writes.submit(8);
  await vi.advanceTimersByTimeAsync(7);
  for (let turns = 0; turns < 5; turns++) await turn();
  expect(sizes).toEqual([1, 1, 2, 3]);
  const later = writes.submit(9);
  await vi.advanceTimersByTimeAsync(1);
  expect(await Promise.all([late, later])).toEqual([8, 9]);
  expect(sizes).toEqual([1, 1, 2, 3, 2]);
});
