import { runStatuses } from "@millrace/automation";
import type { RunWait } from "@millrace/db";
import type { RunReason } from "@millrace/engine";
import { expect, test } from "vitest";
import { presentReason } from "./run-reason.ts";

const now = new Date("2026-11-21T12:00:00.000Z");
const before = (seconds: number) => new Date(now.getTime() - seconds * 1_000);
const bare = { reason: null, failure: null, failedPath: null, queuedAt: before(12), startedAt: null, wait: null };

test("a run that is not finished always says why, even where nothing was recorded", () => {
  for (const status of runStatuses) {
    const reason = presentReason({ ...bare, status }, now);
    if (status === "succeeded") expect(reason).toBeNull();
    else expect(reason, status).toMatch(/^[A-Z].+\.$/);
  }
});

test("a queued run says for how long nobody has taken it", () => {
  expect(presentReason({ ...bare, status: "queued" }, now)).toBe("No worker has taken it for 12 s.");
  expect(presentReason({ ...bare, status: "queued", queuedAt: before(600) }, now)).toBe(
    "No worker has taken it for 10 min.",
  );
});

test("a queued run says what holds it back", () => {
  const queued = (wait: RunWait) => presentReason({ ...bare, status: "queued", wait }, now);
  expect(queued({ kind: "automation_limit", running: 5, limit: 5 })).toBe(
    "Held back: 5 of 5 runs of this automation are running.",
  );
  expect(queued({ kind: "workspace_limit", running: 100, limit: 100 })).toBe(
    "Held back: the workspace runs 100 of 100.",
  );
  expect(queued({ kind: "last_chance", crashes: 2 })).toBe(
    "Its workers died 2 times, and once more would end it: it waits until one can run it apart from others.",
  );
  expect(queued({ kind: "order", runId: "run_1", status: "running" })).toBe(
    "Waits for run_1, which came first with the same order key and is running.",
  );
  for (const status of runStatuses)
    expect(queued({ kind: "order", runId: "run_1", status }), status).not.toMatch(/undefined/);
});

test("a run that is queued again says why, and since when", () => {
  const again = (reason: RunReason, wait: RunWait | null = null) =>
    presentReason({ ...bare, status: "queued", queuedAt: before(7_200), reason, wait }, now);
  const at = before(3).toISOString();
  const died = { kind: "worker_died", at, worker: "w7", attempt: 2, message: "Its worker stopped answering." } as const;
  expect(again(died)).toBe(
    "Its worker w7 died; it was taken back 3 s ago for attempt 2. No worker has taken it for 3 s.",
  );
  expect(again(died, { kind: "automation_limit", running: 1, limit: 1 })).toMatch(/attempt 2\. Held back: 1 of 1/);
  expect(again({ kind: "due", at, message: "Its wait is over." })).toBe(
    "Its wait is over. No worker has taken it for 3 s.",
  );
});

test("a running run says which step, since when, and who runs it", () => {
  const running = { ...bare, status: "running", startedAt: before(60), leaseOwner: "w7" } as const;
  const step = { path: "send", stepId: "send", kind: "action", status: "running", attempts: [] } as const;
  expect(presentReason({ ...running, steps: [{ ...step, startedAt: before(4) }] }, now)).toBe(
    "Worker w7 has been at step send for 4 s.",
  );
  expect(presentReason({ ...running, steps: [] }, now)).toBe("Worker w7 has been at it for 60 s.");
});

test("a run whose worker is gone says so, at which step, and for how long nobody took it over", () => {
  const wait = { kind: "worker_lost", worker: "w7", seconds: 7_200 } as const;
  const running = { ...bare, status: "running", startedAt: before(7_300), leaseOwner: "w7", wait } as const;
  expect(presentReason(running, now)).toBe(
    "Worker w7 stopped answering: its lease ended 2 h ago, and no worker has taken the run over.",
  );
  const step = { path: "send", stepId: "send", kind: "action", status: "running", attempts: [] } as const;
  expect(presentReason({ ...running, steps: [{ ...step, startedAt: before(7_290) }] }, now)).toBe(
    "Worker w7 stopped answering at step send: its lease ended 2 h ago, and no worker has taken the run over.",
  );
});

test("a wait that is overdue says for how long nobody has ended it", () => {
  const until = before(7_200).toISOString();
  const reason = { kind: "retry", path: "summarize", attempt: 1, until, message: "Anthropic is overloaded" } as const;
  const waiting = { ...bare, status: "waiting", reason } as const;
  expect(presentReason(waiting, now)).toBe("Step summarize failed once: Anthropic is overloaded. It goes on now.");
  expect(presentReason({ ...waiting, wait: { kind: "overdue", seconds: 7_200 } }, now)).toBe(
    "Step summarize failed once: Anthropic is overloaded. It should have gone on 2 h ago, and no worker has taken it.",
  );
});

test("a retry says what failed, how often, and when it goes on", () => {
  const until = new Date(now.getTime() + 30_000).toISOString();
  const reason = { kind: "retry", path: "summarize", attempt: 2, until, message: "Anthropic is overloaded" } as const;
  expect(presentReason({ ...bare, status: "waiting", reason }, now)).toBe(
    "Step summarize failed 2 times: Anthropic is overloaded. It goes on in 30 s, at 12:00:30 UTC.",
  );
});

test("a run that an error of our own stopped says so, how often, and when it goes on", () => {
  const until = new Date(now.getTime() + 4_000).toISOString();
  const reason = { kind: "trouble", path: "save", attempt: 3, until, message: "error 22P05" } as const;
  const waiting = (given: RunReason) => presentReason({ ...bare, status: "waiting", reason: given }, now);
  expect(waiting(reason)).toBe(
    "An error of Millrace's own stopped it at step save 3 times: error 22P05. It goes on in 4 s, at 12:00:04 UTC.",
  );
  expect(waiting({ ...reason, path: null, attempt: 1 })).toMatch(/^An error of Millrace's own stopped it once: /);
});

test("a failed run names its step and the cause", () => {
  const failure = { code: "credential_rejected", message: "Anthropic refused the key" } as const;
  expect(presentReason({ ...bare, status: "failed", failure, failedPath: "summarize" }, now)).toBe(
    "Step summarize failed: Anthropic refused the key.",
  );
});
