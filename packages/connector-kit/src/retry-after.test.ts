import { expect, test } from "vitest";
import { retryAfterMs } from "./retry-after.ts";

const now = new Date("2026-10-21T07:28:00Z");

test("reads seconds and dates as a wait from now", () => {
  expect(retryAfterMs("30", now)).toBe(30_000);
  expect(retryAfterMs(" 1.5 ", now)).toBe(1_500);
  expect(retryAfterMs("Wed, 21 Oct 2026 07:28:45 GMT", now)).toBe(45_000);
  expect(retryAfterMs("Wed, 21 Oct 2026 07:00:00 GMT", now)).toBe(0);
});

test("bounds a wait at a day and ignores what is no wait", () => {
  expect(retryAfterMs("999999999", now)).toBe(86_400_000);
  for (const header of [null, "", "soon", "-5", "1e9", "2026-10-21"]) expect(retryAfterMs(header, now)).toBeUndefined();
});
