import { expect, test } from "vitest";
import { createShortCache } from "./short-cache.ts";

/** A lookup whose answers are set by name; a name without one is not there, and `isDown` makes every lookup fail. */
function openCache() {
  const state = { nowMs: 0, isDown: false, lookups: 0, known: 0, values: new Map<string, string>() };
  const lookUp = createShortCache({
    async find(name: string, isKnown) {
      state.lookups++;
      if (isKnown) state.known++;
      if (state.isDown) throw new Error("down");
      return state.values.get(name);
    },
    keyOf: (name) => name,
    now: () => state.nowMs,
  });
  /** Asks, and lets a renewal that this began come to its end. */
  async function ask(name: string): Promise<string | undefined> {
    const found = await lookUp(name);
    await new Promise((resolve) => setImmediate(resolve));
    return found;
  }
  return { state, lookUp, ask };
}

test("lookups of one name at once share one", async () => {
  const { state, lookUp } = openCache();
  state.values.set("a", "first");
  expect(await Promise.all([lookUp("a"), lookUp("a"), lookUp("a")])).toEqual(["first", "first", "first"]);
  expect(state.lookups).toBe(1);
});

test("what is older than a second is told once more while it is looked up again", async () => {
  const { state, ask } = openCache();
  state.values.set("a", "first");
  await ask("a");
  state.values.set("a", "second");
  state.nowMs = 999;
  expect(await ask("a")).toBe("first");
  expect(state.lookups).toBe(1);
  state.nowMs = 1_000;
  expect(await ask("a")).toBe("first");
  expect(await ask("a")).toBe("second");
  expect(state.lookups).toBe(2);
});

test("what is older than 2 s is not told any more", async () => {
  const { state, ask } = openCache();
  state.values.set("a", "first");
  await ask("a");
  state.values.delete("a");
  state.nowMs = 2_000;
  expect(await ask("a")).toBeUndefined();
});

test("what has come to be is found though it was not there before", async () => {
  const { state, ask } = openCache();
  expect(await ask("a")).toBeUndefined();
  state.values.set("a", "first");
  state.nowMs = 1_000;
  await ask("a");
  expect(await ask("a")).toBe("first");
});

test("a lookup that fails while something is known refuses nobody until that is 3.5 s old, and the next one tries again", async () => {
  const { state, ask } = openCache();
  state.values.set("a", "first");
  await ask("a");
  state.isDown = true;
  state.nowMs = 1_900;
  expect(await ask("a")).toBe("first");
  expect(await ask("a")).toBe("first");
  expect(state.lookups).toBe(3);
  state.nowMs = 3_499;
  expect(await Promise.all([ask("a"), ask("a")])).toEqual(["first", "first"]);
  state.nowMs = 3_500;
  await expect(ask("a")).rejects.toThrow("down");
});

test("a lookup says whether the name was there before, however long ago and whatever failed since", async () => {
  const { state, ask } = openCache();
  await ask("a");
  state.values.set("a", "first");
  state.nowMs = 2_000;
  await ask("a");
  expect(state.known).toBe(0);
  state.nowMs = 60_000;
  state.isDown = true;
  await expect(ask("a")).rejects.toThrow("down");
  expect(state.known).toBe(1);
  state.isDown = false;
  state.nowMs = 120_000;
  expect(await ask("a")).toBe("first");
  expect(state.known).toBe(2);
});

test("a failed lookup is not remembered", async () => {
  const { state, ask } = openCache();
  state.values.set("a", "first");
  state.isDown = true;
  await expect(ask("a")).rejects.toThrow("down");
  state.isDown = false;
  expect(await ask("a")).toBe("first");
});

test("names that are made up displace nothing that is there", async () => {
  const { state, lookUp, ask } = openCache();
  state.values.set("a", "first");
  await ask("a");
  for (let number = 0; number < 20_000; number++) await lookUp(`made-up-${number}`);
  const { lookups } = state;
  expect(await ask("a")).toBe("first");
  expect(state.lookups).toBe(lookups);
});
