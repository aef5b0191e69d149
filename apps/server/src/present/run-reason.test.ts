import { runStatuses } from "@millrace/automation";
import { expect, test } from "vitest";
import { presentReason } from "./run-reason.ts";

const now = new Date("2026-11-21T12:00:00.000Z");
const before = (seconds: number) => new Date(now.getTime() - seconds * 1_000);
const bare = { reason: null, failure: null, failedPath: null, queuedAt: before(12), startedAt: null };

test("a run that is not finished always says why, even where nothing was recorded", () => {
  for (const status of runStatuses) {
    const reason = presentReason({ ...bare, status }, now);
    if (status === "succeeded") expect(reason).toBeNull();
    else expect(reason, status).toMatch(/^[A-Z].+\.$/);
  }
});

test("a queued run says for how long it has been waiting", () => {
  expect(presentReason({ ...bare, status: "queued" }, now)).toBe("Waiting for a worker for 12 s.");
  expect(presentReason({ ...bare, status: "queued", queuedAt: before(600) }, now)).toBe(
    "Waiting for a worker for 10 min.",
  );
});

test("a retry says what failed, how often, and when it goes on", () => {
  const until = new Date(now.getTime() + 30_000).toISOString();
  const reason = { kind: "retry", path: "summarize", attempt: 2, until, message: "Anthropic is overloaded" } as const;
  expect(presentReason({ ...bare, status: "waiting", reason }, now)).toBe(
    "Step summarize failed 2 times: Anthropic is overloaded. It goes on in 30 s, at 12:00:30 UTC.",
  );
});

test("a failed run names its step and the cause", () => {
  const failure = { code: "credential_rejected", message: "Anthropic refused the key" } as const;
  expect(presentReason({ ...bare, status: "failed", failure, failedPath: "summarize" }, now)).toBe(
    "Step summarize failed: Anthropic refused the key.",
  );
});
