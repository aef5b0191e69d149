import type { PlannedStep } from "@millrace/automation";
import { Budget, type PlannedAction, resolveInput } from "@millrace/automation";
import { Failure, type FailureRecord, type Json } from "@millrace/base";
import type { Action } from "@millrace/connector-kit";
import type { After, Flow } from "./advance-run.ts";
import { type Called, callAction } from "./call-action.ts";
import type { EngineServices } from "./engine-services.ts";
import type { Execution, Finished } from "./execution.ts";

type RunHandler = (steps: readonly PlannedStep[]) => Promise<Flow>;

/** Maps the input, calls the action (or lets the database do Millrace's own effect), and journals what came of it. */
export async function runActionStep(
  step: PlannedAction,
  after: After,
  execution: Execution,
  services: EngineServices,
  runHandler: RunHandler,
): Promise<Flow> {
  const done = execution.recorded(step.path);
  if (done?.status === "succeeded") {
    execution.reveal(step.id, done.output ?? null);
    return after === "end" ? endSucceeded(execution) : "goes_on";
  }
  if (done?.status === "failed" && step.onError !== "stop" && done.failure) {
    return afterFailure(step, done.failure, after, execution, runHandler);
  }
  if (done?.status === "running" && step.atMostOnce) return askForReview(step, execution, done);

  const startedAt = services.clock.now();
  const prepared = prepare(step, execution, services);
  if (prepared instanceof Failure) {
    return fail(step, { status: "failed", failure: prepared.toRecord(), startedAt }, after, execution, runHandler);
  }
  const { action, input, warnings } = prepared;
  if (action.kind === "state") {
    return applyEffect(step, action, { status: "succeeded", input, warnings, startedAt }, after, execution, runHandler);
  }
  const called = await callAction({ step, action, input, warnings, startedAt, before: done }, execution, services);
  return settle(step, called, after, execution, services, runHandler);
}

type Prepared = { action: Action; input: Json; warnings: NonNullable<Finished["warnings"]> };

function prepare(step: PlannedAction, execution: Execution, { registry }: EngineServices): Prepared | Failure {
  try {
    const action = registry.getAction(step.action);
    const required = requiredFields(action);
    const { value, warnings } = resolveInput(step.fields, execution.scope, {
      isRequired: (field) => required.has(field),
      budget: new Budget(),
    });
    return { action, input: value, warnings };
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

const requiredFieldsOf = new WeakMap<Action, ReadonlySet<string>>();

function requiredFields(action: Action): ReadonlySet<string> {
  const known = requiredFieldsOf.get(action);
  if (known) return known;
  const required = new Set(
    Object.entries(action.input.shape).flatMap(([field, schema]) =>
      schema.safeParse(undefined).success ? [] : [field],
    ),
  );
  requiredFieldsOf.set(action, required);
  return required;
}

async function settle(
  step: PlannedAction,
  called: Called,
  after: After,
  execution: Execution,
  services: EngineServices,
  runHandler: RunHandler,
): Promise<Flow> {
  switch (called.kind) {
    case "succeeded":
      return succeed(step, called.finished, after, execution);
    case "failed":
      return fail(step, called.finished, after, execution, runHandler);
    case "review":
      execution.keep(step, called.finished);
      await execution.commit({ transition: { to: "needs_review", reason: reviewReason(step) } });
      return "left";
    case "waits": {
      const { finished, attempt, delayMs, failure } = called;
      const { message } = execution.presentFailure(failure.toRecord());
      execution.keep(step, finished);
      await execution.commit({
        transition: {
          to: "waiting",
          delayMs,
          reason: { kind: "retry", path: step.path, attempt, message },
        },
      });
      await services.doorbell.ring(execution.run.workspaceId, [execution.run.id], { delayMs });
      return "left";
    }
  }
}

async function succeed(step: PlannedAction, finished: Finished, after: After, execution: Execution): Promise<Flow> {
  execution.keep(step, finished);
  execution.reveal(step.id, finished.output ?? null);
  if (after === "end") return endSucceeded(execution);
  // An effect commits this record too, and is under way at once. What is at most once has no moment to lose.
  if (after === "other" || step.atMostOnce) await execution.commit();
  return "goes_on";
}

async function endSucceeded(execution: Execution): Promise<Flow> {
  await execution.commit({ transition: { to: "succeeded" } });
  return "left";
}

/** The database performs the effect in the transaction that records the step, so it happens exactly once. */
async function applyEffect(
  step: PlannedAction,
  action: Action & { kind: "state" },
  finished: Finished,
  after: After,
  execution: Execution,
  runHandler: RunHandler,
): Promise<Flow> {
  try {
    const operation = action.operation(execution.redact(finished.input ?? null));
    execution.keep(step, finished);
    const outcome = await execution.commit({
      effect: { path: step.path, operation },
      ...(after === "end" ? { transition: { to: "succeeded" } as const } : {}),
    });
    if (outcome.kind === "committed") {
      execution.reveal(step.id, outcome.output ?? null);
      return after === "end" ? "left" : "goes_on";
    }
    return fail(step, { ...finished, status: "failed", failure: outcome.failure }, after, execution, runHandler);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return fail(step, { ...finished, status: "failed", failure: error.toRecord() }, after, execution, runHandler);
  }
}

async function fail(
  step: PlannedAction,
  finished: Finished,
  after: After,
  execution: Execution,
  runHandler: RunHandler,
): Promise<Flow> {
  const { failure } = execution.keep(step, finished);
  if (!failure) throw new Error(`Step ${step.path} failed without a failure.`);
  if (step.onError === "stop") {
    await execution.commit({ transition: { to: "failed", failure, path: step.path } });
    return "left";
  }
  await execution.commit();
  return afterFailure(step, failure, after, execution, runHandler);
}

/** Later steps see `steps.<id>.failure`. */
async function afterFailure(
  step: PlannedAction,
  failure: FailureRecord,
  after: After,
  execution: Execution,
  runHandler: RunHandler,
): Promise<Flow> {
  execution.reveal(step.id, { failure: { code: failure.code, message: failure.message } });
  if (typeof step.onError !== "string" && step.onError.length > 0) return runHandler(step.onError);
  return after === "end" ? endSucceeded(execution) : "goes_on";
}

const reviewReason = (step: PlannedAction) =>
  ({
    kind: "review",
    path: step.path,
    message: `Step ${step.id} may or may not have been carried out: no answer was recorded. Look at the other side, then retry or cancel.`,
  }) as const;

async function askForReview(step: PlannedAction, execution: Execution, record: Finished): Promise<Flow> {
  const { input, warnings, startedAt, attempts, idempotencyKey } = record;
  execution.keep(step, {
    status: "needs_review",
    startedAt,
    ...(input === undefined ? {} : { input }),
    ...(warnings === undefined ? {} : { warnings }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  });
  await execution.commit({ transition: { to: "needs_review", reason: reviewReason(step) } });
  return "left";
}
