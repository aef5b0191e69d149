import fc from "fast-check";
import { expect, test } from "vitest";
import { idTime, isId, lowestIdAt, newId } from "./ids.ts";

test("ids of one kind sort by the time they were made", () => {
  const ids = Array.from({ length: 1_000 }, () => newId("run"));
  expect([...ids].sort()).toEqual(ids);
});

test("an id tells its time, and the lowest id of that time is not above it", () => {
  const before = Date.now();
  const id = newId("run");
  expect(idTime(id).getTime()).toBeGreaterThanOrEqual(before);
  expect(lowestIdAt("run", idTime(id)) <= id).toBe(true);
  expect(lowestIdAt("run", new Date(idTime(id).getTime() + 1)) > id).toBe(true);
});

test("the lowest id of a time reads back as that time", () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date("9999-01-01"), noInvalidDate: true }), (time) => {
      expect(idTime(lowestIdAt("delivery", time))).toEqual(time);
    }),
  );
});

test("an id of another kind, or any other text, is not an id of this kind", () => {
  expect(isId("run", newId("run"))).toBe(true);
  for (const text of [newId("event"), "run_", "run_x", "run", "", "run_00000000000000000000000000'--"]) {
    expect(isId("run", text)).toBe(false);
  }
});
