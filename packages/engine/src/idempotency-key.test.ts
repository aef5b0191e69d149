import { expect, test } from "vitest";
import { idempotencyKey } from "./idempotency-key.ts";

test("is the same for each attempt and another for each step and run", () => {
  expect(idempotencyKey("run_a", "send")).toBe(idempotencyKey("run_a", "send"));
  const keys = new Set([
    idempotencyKey("run_a", "send"),
    idempotencyKey("run_b", "send"),
    idempotencyKey("run_a", "size[0].send"),
  ]);
  expect(keys.size).toBe(3);
});

test("is 40 characters that any header may hold", () => {
  expect(idempotencyKey("run_a", "size[0].send")).toMatch(/^millrace-[0-9a-f]{31}$/);
});
