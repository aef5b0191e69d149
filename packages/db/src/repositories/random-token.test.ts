import fc from "fast-check";
import { expect, test } from "vitest";
import { randomToken, toBase62 } from "./random-token.ts";

test("different bytes give different texts of one length", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 24, maxLength: 24 }),
      fc.uint8Array({ minLength: 24, maxLength: 24 }),
      (a, b) => {
        expect(toBase62(a)).toMatch(/^[0-9A-Za-z]{33}$/);
        expect(toBase62(a) === toBase62(b)).toBe(Buffer.from(a).equals(Buffer.from(b)));
      },
    ),
  );
});

test("tokens do not repeat", () => {
  expect(new Set(Array.from({ length: 1_000 }, () => randomToken(24))).size).toBe(1_000);
});
