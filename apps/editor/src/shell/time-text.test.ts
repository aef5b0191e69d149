import { describe, expect, test } from "vitest";
import { ago, lengthOf } from "./time-text.ts";

const now = Date.parse("2026-03-01T12:00:00Z");

describe("ago", () => {
  test.each([
    [0, "just now"],
    [1_900, "just now"],
    [5_000, "5 s ago"],
    [59_999, "59 s ago"],
    [60_000, "1 min ago"],
    [7_200_000, "2 h ago"],
    [86_400_000 * 3, "3 d ago"],
    [-90_000, "in 1 min"],
  ])("writes a distance of %i ms as %s", (distance, text) => {
    expect(ago(new Date(now - distance), now)).toBe(text);
  });
});

describe("lengthOf", () => {
  test.each([
    [0, "< 1 ms"],
    [12.4, "12 ms"],
    [999, "999 ms"],
    [1_440, "1.4 s"],
    [12_300, "12 s"],
    [120_000, "2 min"],
    [125_000, "2 min 5 s"],
    [3_780_000, "1 h 3 min"],
  ])("writes %f ms as %s", (ms, text) => {
    expect(lengthOf(ms)).toBe(text);
  });
});
