import type { Definition } from "@millrace/automation";
import type { Run, StepView } from "@millrace/contract";
import { expect, test } from "vitest";
import { openingPath, runStepRows, waterfallBar } from "./run-steps.ts";

const time = (seconds: number) => new Date(Date.parse("2026-03-01T12:00:00Z") + seconds * 1_000).toISOString();

function record(path: string, status: StepView["status"], from: number, to: number | null): StepView {
  return {
    path,
    stepId: path.split(".").at(-1) ?? path,
    kind: "action",
    action: "http.request",
    status,
    input: null,
    output: null,
    failure: null,
    warnings: [],
    attempts: [],
    idempotencyKey: null,
    reusedFromRunId: null,
    startedAt: time(from),
    finishedAt: to === null ? null : time(to),
  };
}

const run: Run = {
  id: "run_01",
  status: "failed",
  reason: "It failed.",
  automation: { id: "atm_01", name: "Example" },
  version: { id: "ver_01", number: 1 },
  triggerType: "webhook",
  failureCode: "timeout",
  failedPath: "size[0].warn",
  retryOf: null,
  replayOf: null,
  queuedAt: time(0),
  startedAt: time(1),
  finishedAt: time(10),
  steps: [
    record("first", "succeeded", 1, 2),
    record("size", "succeeded", 2, 2),
    record("size[0].warn", "failed", 2, 10),
  ],
  failure: null,
  trigger: null,
  deliveryId: null,
  retriedBy: [],
  dueAt: null,
  crashCount: 0,
  canRetry: true,
  canCancel: false,
  url: "",
};

const definition: Definition = {
  millrace: 1,
  name: "Example",
  trigger: { type: "webhook" },
  steps: [
    { id: "first", action: "http.request", input: {} },
    { id: "size", branch: [{ when: "true", steps: [{ id: "warn", action: "http.request", input: {} }] }] },
    { id: "last", set: {} },
  ],
};

test("shows the flow's steps with what was recorded, and those that did not run", () => {
  expect(runStepRows(run, definition).map(({ path, status, depth }) => [path, status, depth])).toEqual([
    ["first", "succeeded", 0],
    ["size", "succeeded", 0],
    ["size[0].warn", "failed", 1],
    ["last", "pending", 0],
  ]);
});

test("shows the records alone while the definition is not there", () => {
  expect(runStepRows(run, undefined).map(({ path }) => path)).toEqual(["first", "size", "size[0].warn"]);
});

test("opens with the step that failed", () => {
  expect(openingPath(run)).toBe("size[0].warn");
  expect(
    openingPath({ ...run, failedPath: null, steps: [record("a", "succeeded", 0, 1), record("b", "running", 1, null)] }),
  ).toBe("b");
  expect(openingPath({ ...run, failedPath: null, steps: [] })).toBeUndefined();
});

test("places a bar in the run's time", () => {
  expect(waterfallBar(run, record("a", "succeeded", 5, 10), 0)).toEqual({ startPercent: 50, widthPercent: 50 });
});

test("keeps bars visible and inside", () => {
  const late = waterfallBar(run, record("a", "succeeded", 10, 10), 0);
  expect(late.startPercent + late.widthPercent).toBeLessThanOrEqual(100);
  expect(late.widthPercent).toBeGreaterThan(0);
});
