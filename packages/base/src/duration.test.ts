import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDurationMs, presentDuration } from "./duration.ts";

test("a presented duration parses back to the same length", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999_999 }), (ms) => {
      expect(parseDurationMs(presentDuration(ms))).toBe(ms);
    }),
  );
});

test("text that is not one number and one unit is no duration", () => {
  for (const text of ["", "30", "s", "1.5s", "-1s", "30 s", "30s ", "1h30m", "1y"])
    expect(parseDurationMs(text)).toBeUndefined();
});
