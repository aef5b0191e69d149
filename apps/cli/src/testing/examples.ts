import { newId } from "@millrace/base";
import type { Automation, Run, RunSummary, StepView } from "@millrace/contract";

const at = "2026-11-21T09:30:00.000Z";

export function exampleRunSummary(change: Partial<RunSummary> = {}): RunSummary {
  return {
    id: newId("run"),
    status: "succeeded",
    reason: null,
    automation: { id: newId("automation"), name: "Hello, webhook" },
    version: { id: newId("version"), number: 1 },
    triggerType: "webhook",
    failureCode: null,
    failedPath: null,
    retryOf: null,
    replayOf: null,
    queuedAt: at,
    startedAt: at,
    finishedAt: "2026-11-21T09:30:01.200Z",
    ...change,
  };
}

export function exampleRun(change: Partial<Run> = {}): Run {
  return {
    ...exampleRunSummary(),
    steps: [],
    failure: null,
    trigger: null,
    deliveryId: null,
    retriedBy: [],
    dueAt: null,
    crashCount: 0,
    canRetry: false,
    canCancel: false,
    url: "http://127.0.0.1:4400/runs/run_1",
    ...change,
  };
}

export function exampleStep(change: Partial<StepView> = {}): StepView {
  return {
    path: "save",
    stepId: "save",
    kind: "action",
    action: "keyvalue.set",
    status: "succeeded",
    input: { key: "last_greeting", value: "Hello, Ada!" },
    output: { version: 1 },
    failure: null,
    warnings: [],
    attempts: [{ startedAt: at, finishedAt: at }],
    idempotencyKey: null,
    reusedFromRunId: null,
    startedAt: at,
    finishedAt: "2026-11-21T09:30:00.040Z",
    ...change,
  };
}

export function exampleAutomation(change: Partial<Automation> = {}): Automation {
  return {
    id: newId("automation"),
    name: "Hello, webhook",
    enabled: true,
    triggerType: "webhook",
    hasUnpublishedChanges: false,
    editorUrl: "http://127.0.0.1:4400/automations/1",
    createdAt: at,
    updatedAt: at,
    draftRevision: 3,
    published: null,
    definition: { millrace: 1, name: "Hello, webhook", trigger: { type: "webhook" }, steps: [] },
    webhookUrl: null,
    curl: null,
    sampleBody: {},
    issues: [],
    ...change,
  };
}
