import { expect, test } from "vitest";
import { createByteBudget } from "./byte-budget.ts";

test("claims under way at once get a quarter each, and the last of them what is left", () => {
  const budget = createByteBudget(100);
  const reserved = Array.from({ length: 3 }, () => budget.reserve());
  expect(reserved.map(({ maxBytes }) => maxBytes)).toEqual([25, 25, 25]);
  const held = budget.hold(20);
  expect(budget.reserve().maxBytes).toBe(5);
  expect(budget.hasRoom()).toBe(false);
  expect(budget.reserve().maxBytes).toBe(0);
  held.release();
  expect(budget.hasRoom()).toBe(true);
  for (const each of reserved) each.release();
  expect(budget.reserve().maxBytes).toBe(25);
});

test("one run that exceeds all of it keeps others away until it is over", () => {
  const budget = createByteBudget(100);
  const huge = budget.hold(1_000);
  expect(budget.hasRoom()).toBe(false);
  huge.release();
  expect(budget.hasRoom()).toBe(true);
});

test("what a run gets while it is held counts until it is over", () => {
  const budget = createByteBudget(100);
  const run = budget.hold(40);
  run.grow(50);
  expect([budget.hasRoom(), budget.reserve().maxBytes]).toEqual([true, 10]);
  expect(budget.hasRoom()).toBe(false);
  run.grow(50);
  run.release();
  expect(budget.reserve().maxBytes).toBe(25);
});

test("after a claim of which only some fitted, as many are asked for, and more again once all of them fit", () => {
  const budget = createByteBudget(100);
  budget.learn(200, false);
  expect(budget.limit()).toBe(Number.POSITIVE_INFINITY);
  budget.learn(3, true);
  expect(budget.limit()).toBe(3);
  budget.learn(3, false);
  expect(budget.limit()).toBe(6);
  budget.learn(0, true);
  expect(budget.limit()).toBe(1);
});
