import fc from "fast-check";
import { expect, test } from "vitest";
import { lengthPrefixed } from "./length-prefixed.ts";

test("each part follows its length in bytes", () => {
  expect(lengthPrefixed("ab", "", "é").toString("hex")).toBe("00000002616200000000" + "00000002c3a9");
  expect(lengthPrefixed()).toHaveLength(0);
});

test("different lists never give the same bytes", () => {
  const list = fc.array(fc.string({ unit: fc.constantFrom("a", "\u0000", "\u0001", "|"), maxLength: 6 }), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(list, list, (one, other) => {
      expect(lengthPrefixed(...one).equals(lengthPrefixed(...other))).toBe(
        JSON.stringify(one) === JSON.stringify(other),
      );
    }),
    { numRuns: 2000 },
  );
});
