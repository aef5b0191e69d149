import fc from "fast-check";
import { TypeID } from "typeid-js";
import { expect, test } from "vitest";
import { idTime, isId, lowestIdAt, newId } from "./ids.ts";

test("ids of one kind sort by the time they were made, also where a millisecond's counter runs over", () => {
  const ids = Array.from({ length: 20_000 }, () => newId("run"));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

test("an id is a TypeID whose bytes are a UUID of version 7 and of the time it was made", () => {
  for (let made = 0; made < 1_000; made++) {
    const before = Date.now();
    const id = TypeID.fromString(newId("delivery"), "dlv");
    const after = Date.now();
    expect(id.toUUID()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(idTime(id.toString()).getTime()).toBeGreaterThanOrEqual(before);
    // A counter that ran over borrows the next millisecond.
    expect(idTime(id.toString()).getTime()).toBeLessThan(after + 1_000);
    expect(TypeID.fromUUID("dlv", id.toUUID()).toString()).toBe(id.toString());
  }
});

test("what is random in an id takes every value", () => {
  const ones = new Array(128).fill(0);
  const count = 2_000;
  for (let made = 0; made < count; made++) {
    const bits = BigInt(`0x${TypeID.fromString(newId("run")).toUUID().replaceAll("-", "")}`);
    for (let bit = 0; bit < 128; bit++) ones[bit] += Number((bits >> BigInt(bit)) & 1n);
  }
  // Half of them, give or take seven standard deviations.
  for (let bit = 0; bit < 62; bit++) expect(Math.abs(ones[bit] - count / 2)).toBeLessThan(160);
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
