import { Failure } from "@millrace/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";

const unavailable = new Failure("provider_unavailable", "down");
const random = fc.double({ min: 0, max: 0.999_999, noNaN: true });

test("waits at most 1 s, then twice as long each time, and never longer than 30 s", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), random, (attempt, chance) => {
      const wait = backoffMs(attempt, unavailable, () => chance);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(Math.min(30_000, 1_000 * 2 ** (attempt - 1)));
    }),
  );
});

test("never comes back before the provider asked, nor more than an hour and a back-off later", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e12 }), random, (askedMs, chance) => {
      const wait = backoffMs(1, new Failure("rate_limited", "slow down", { retryAfterMs: askedMs }), () => chance);
      expect(wait).toBeGreaterThanOrEqual(Math.min(askedMs, 3_600_000));
      expect(wait).toBeLessThanOrEqual(3_600_000 + 1_000);
    }),
  );
});

test("spreads runs that were refused together", () => {
  const waits = new Set(Array.from({ length: 100 }, () => backoffMs(4, unavailable, Math.random)));
  expect(waits.size).toBeGreaterThan(50);
});
