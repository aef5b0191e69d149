import {
  Budget,
  ExpressionError,
  mappingFailure,
  type PlannedBranch,
  type PlannedFilter,
  type PlannedRespond,
  type PlannedSet,
  type PlannedStep,
  resolveInput,
} from "@millrace/automation";
import { Failure, type Json } from "@millrace/base";
import type { EngineServices } from "./engine-services.ts";
import { Execution, LeaseLost } from "./execution.ts";
import type { ClaimedRun, RunTransition } from "./ports.ts";
import { computeAnswer } from "./respond.ts";
import { runActionStep } from "./run-action-step.ts";
import { StepInterrupted } from "./run-trouble.ts";

/** Whether the next step follows, or the run has its next status already. */
export type Flow = "goes_on" | "left";

/**
 * What comes right after a step, because its record need not be written before it: the run's end, Millrace's own effect, which
 * commits with everything that was kept back, or anything else.
 */
export type After = "end" | "effect" | "other";

/**
 * Runs every step that is not recorded yet, in order, and gives the run its next status: succeeded, failed, waiting or
 * in review, which it resolves to. Safe to call again for the same run after any crash: recorded steps are not run twice.
 * Throws LeaseLost if the run is no longer ours, and StepInterrupted with whatever the database throws, or that itself
 * before the first step; then nothing was lost, and the run is to be put off or left to its lease. `holds` is told the size of
 * each output that the run keeps from then on.
 */
export async function advanceRun(
  run: ClaimedRun,
  services: EngineServices,
  held: { signal: AbortSignal; holds(bytes: number): void },
): Promise<RunTransition["to"] | undefined> {
  const plan = await services.plans.get(run);
  const execution = new Execution(run, plan.name, services, held);
  try {
    const flow = await runSteps(plan.steps, "end", execution, services);
    if (flow === "goes_on") await execution.commit({ transition: { to: "succeeded" } });
    return execution.leftAs;
  } catch (error) {
    throw error instanceof LeaseLost || execution.at === undefined ? error : new StepInterrupted(execution.at, error);
  }
}

/** `after`: what comes after the last of them. */
async function runSteps(
  steps: readonly PlannedStep[],
  after: After,
  execution: Execution,
  services: EngineServices,
): Promise<Flow> {
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1];
    const flow = await runStep(step, next ? beginningOf(next, services) : after, execution, services);
    if (flow === "left") return "left";
  }
  return "goes_on";
}

const beginningOf = (next: PlannedStep, { registry }: EngineServices): After =>
  next.kind === "action" && registry.findAction(next.action)?.kind === "state" ? "effect" : "other";

async function runStep(step: PlannedStep, after: After, execution: Execution, services: EngineServices): Promise<Flow> {
  execution.at = step.path;
  if (execution.run.crashCount > 0) await recordAsBegun(step, execution, services);
  switch (step.kind) {
    case "action":
      return runActionStep(step, after, execution, services, (handler) =>
        runSteps(handler, after, execution, services),
      );
    case "branch": {
      const taken = await takeArm(step, execution, services);
      if (taken === "left") return "left";
      return taken === null ? "goes_on" : runSteps(step.arms[taken]?.steps ?? [], after, execution, services);
    }
    case "set":
      return setVariables(step, execution, services);
    case "filter":
      return filterRun(step, execution, services);
    case "respond":
      return respond(step, after, execution, services);
  }
}

/**
 * What killed a worker once may do so again, in mapping as in calling, and a run that ends by it has to say where. What is at
 * most once says so itself, right before its call.
 */
async function recordAsBegun(step: PlannedStep, execution: Execution, { clock }: EngineServices): Promise<void> {
  if (execution.recorded(step.path) !== undefined || (step.kind === "action" && step.atMostOnce)) return;
  execution.keep(step, { status: "running", startedAt: clock.now() });
  await execution.commit();
}

async function setVariables(step: PlannedSet, execution: Execution, services: EngineServices): Promise<Flow> {
  const done = execution.recorded(step.path);
  if (done?.status === "succeeded") return revealed(step, done.output ?? null, execution);
  const startedAt = services.clock.now();
  return computed(step, execution, startedAt, () => {
    const { value } = resolveInput(step.fields, execution.scope, { isRequired: () => true, budget: new Budget() });
    return value;
  });
}

/** Recorded at once: somebody is waiting for it. */
async function respond(
  step: PlannedRespond,
  after: After,
  execution: Execution,
  services: EngineServices,
): Promise<Flow> {
  const done = execution.recorded(step.path);
  if (done?.status === "succeeded") return revealed(step, done.output ?? null, execution);
  const startedAt = services.clock.now();
  const flow = await computed(step, execution, startedAt, () => computeAnswer(step, execution.scope, new Budget()));
  // The run's end commits it where nothing comes after.
  if (flow === "goes_on" && after !== "end") await execution.commit();
  return flow;
}

async function filterRun(step: PlannedFilter, execution: Execution, services: EngineServices): Promise<Flow> {
  const done = execution.recorded(step.path);
  if (done?.status === "succeeded") return revealed(step, done.output ?? null, execution); // only a true filter is recorded alone
  const startedAt = services.clock.now();
  let passed = false;
  const flow = await computed(step, execution, startedAt, () => {
    passed = condition(step.condition, "filter", execution);
    return { passed };
  });
  if (flow === "left" || passed) return flow;
  const message = `The filter ${step.id} was not true, so the run ended here.`;
  await execution.commit({ transition: { to: "succeeded", reason: { kind: "filtered", path: step.path, message } } });
  return "left";
}

/** The number of the arm to run; null if none is true; `left` if a condition could not be computed. */
async function takeArm(
  step: PlannedBranch,
  execution: Execution,
  services: EngineServices,
): Promise<number | null | "left"> {
  const done = execution.recorded(step.path);
  if (done?.status === "succeeded") {
    revealed(step, done.output ?? null, execution);
    return takenArm(done.output);
  }
  const startedAt = services.clock.now();
  const flow = await computed(step, execution, startedAt, () => {
    const index = step.arms.findIndex(
      (arm, position) => arm.when === undefined || condition(arm.when, `branch[${position}].when`, execution),
    );
    return { taken: index === -1 ? null : index };
  });
  return flow === "left" ? "left" : takenArm(execution.scope.steps[step.id]);
}

function takenArm(output: Json | undefined): number | null {
  const taken = typeof output === "object" && output !== null && !Array.isArray(output) ? output.taken : null;
  return typeof taken === "number" ? taken : null;
}

function condition(expression: PlannedFilter["condition"], field: string, execution: Execution): boolean {
  const value = expression.evaluate(execution.scope, new Budget());
  if (typeof value === "boolean") return value;
  throw new Failure(
    "mapping_failed",
    `${field}: expected true or false, got ${value === null ? "null" : typeof value}.`,
    {
      field,
      advice: "Write a condition such as steps.summarize.text != ''.",
    },
  );
}

function revealed(step: PlannedStep, output: Json, execution: Execution): Flow {
  execution.reveal(step.id, output);
  return "goes_on";
}

/** A step that touches nothing outside: its record is kept back until the next commit. */
async function computed(step: PlannedStep, execution: Execution, startedAt: Date, compute: () => Json): Promise<Flow> {
  try {
    const output = execution.redact(compute());
    execution.keep(step, { status: "succeeded", output, startedAt });
    return revealed(step, output, execution);
  } catch (error) {
    const failure = asFailure(error, step.kind === "branch" ? "when" : step.kind);
    const record = execution.keep(step, { status: "failed", failure: failure.toRecord(), startedAt });
    await execution.commit({
      transition: { to: "failed", failure: record.failure ?? failure.toRecord(), path: step.path },
    });
    return "left";
  }
}

function asFailure(error: unknown, field: string): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof ExpressionError) return mappingFailure(field, error);
  throw error;
}
