import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { createRefill } from "./refill.ts";

/** Sources that have so many claims each, and claims that end when they are told to. */
function open(left: Record<string, number>) {
  const claimed: string[] = [];
  const ends: ((outcome: "claimed" | "failed") => void)[] = [];
  const sources = Object.keys(left).map((name) => () => {
    if (!left[name]) return undefined;
    left[name]--;
    return name;
  });
  const refill = createRefill(sources, (name) => {
    claimed.push(name);
    return new Promise<"claimed" | "failed">((resolve) => ends.push(resolve));
  });
  const end = async (outcome: "claimed" | "failed" = "claimed") => {
    ends.shift()?.(outcome);
    await nextTurn();
  };
  return { claimed, refill, end };
}

test("claims one thing at a time, and goes on by itself while there is something", async () => {
  const { claimed, refill, end } = open({ a: 2 });
  refill();
  refill();
  expect(claimed).toEqual(["a"]);
  await end();
  expect(claimed).toEqual(["a", "a"]);
  await end();
  expect(claimed).toEqual(["a", "a"]);
});

test("waits to be called again after a claim that failed", async () => {
  const { claimed, refill, end } = open({ a: 3 });
  refill();
  await end("failed");
  expect(claimed).toEqual(["a"]);
  refill();
  await end();
  expect(claimed).toEqual(["a", "a", "a"]);
});

test("lets its sources take turns, and passes over those that have nothing", async () => {
  const { claimed, refill, end } = open({ a: 3, b: 0, c: 2 });
  refill();
  await vi.waitFor(async () => {
    await end();
    expect(claimed).toEqual(["a", "c", "a", "c", "a"]);
  });
});
