import { isTerminal } from "@millrace/automation";
import type { AttemptView, Run, RunSummary, StepView } from "@millrace/contract";
import type { RunDetail, RunSummary as StoredRun } from "@millrace/db";
import type { AttemptRecord, StepRecord } from "@millrace/engine";
import { presentEvent } from "./event.ts";
import { presentFailure } from "./failure.ts";
import { presentReason } from "./run-reason.ts";

export function presentRunSummary(run: StoredRun | RunDetail, now: Date): RunSummary {
  return {
    id: run.id,
    status: run.status,
    reason: presentReason(run, now),
    automation: { id: run.automationId, name: run.automationName },
    version: { id: run.versionId, number: run.versionNumber },
    triggerType: run.triggerType,
    failureCode: run.failure?.code ?? null,
    failedPath: run.failedPath,
    retryOf: run.retryOfRunId,
    replayOf: run.triggerType === "replay" ? run.deliveryId : null,
    queuedAt: run.queuedAt.toISOString(),
    startedAt: run.startedAt?.toISOString() ?? null,
    finishedAt: run.finishedAt?.toISOString() ?? null,
  };
}

export function presentRun(run: RunDetail, { now, publicUrl }: { now: Date; publicUrl: string }): Run {
  return {
    ...presentRunSummary(run, now),
    steps: run.steps.map(presentStep),
    failure: run.failure && presentFailure(run.failure),
    trigger: run.event && presentEvent(run.event),
    deliveryId: run.deliveryId,
    retriedBy: run.retriedBy.map(({ id, status, queuedAt }) => ({ id, status, queuedAt: queuedAt.toISOString() })),
    dueAt: run.dueAt?.toISOString() ?? null,
    crashCount: run.crashCount,
    canRetry: run.status === "failed" || run.status === "canceled" || run.status === "needs_review",
    canCancel: !isTerminal(run.status),
    url: `${publicUrl}/runs/${run.id}`,
  };
}

function presentStep(step: StepRecord): StepView {
  return {
    path: step.path,
    stepId: step.stepId,
    kind: step.kind,
    action: step.action ?? null,
    status: step.status,
    input: step.input ?? null,
    output: step.output ?? null,
    failure: step.failure ? presentFailure(step.failure) : null,
    warnings: [...(step.warnings ?? [])],
    attempts: step.attempts.map(presentAttempt),
    idempotencyKey: step.idempotencyKey ?? null,
    reusedFromRunId: step.reusedFromRunId ?? null,
    startedAt: step.startedAt.toISOString(),
    finishedAt: step.finishedAt?.toISOString() ?? null,
  };
}

function presentAttempt({ startedAt, finishedAt, failure }: AttemptRecord): AttemptView {
  return { startedAt, finishedAt, ...(failure ? { failure: presentFailure(failure) } : {}) };
}
