import { type JsonObject, parseDurationMs } from "@millrace/base";
import type { ActionStep, Definition, Step } from "../definition/definition.ts";
import type { RespondStep } from "../definition/respond-step.ts";
import { type CompiledExpression, compileExpression } from "../expression/expression.ts";
import { type CompiledInput, compileInput } from "../mapping/resolve-input.ts";

export const defaultAttempts = 4;

type CompiledFields = readonly (readonly [name: string, value: CompiledInput])[];

type Planned = { id: string /** `size[0].warn`: the key of the step's record. */; path: string };
export type PlannedAction = Planned & {
  kind: "action";
  action: string;
  connection?: string;
  fields: CompiledFields;
  /** Absent: the action's own limit holds. */
  timeoutMs?: number;
  attempts: number;
  atMostOnce: boolean;
  onError: "stop" | "continue" | PlannedStep[];
};
export type PlannedSet = Planned & { kind: "set"; fields: CompiledFields };
export type PlannedFilter = Planned & { kind: "filter"; condition: CompiledExpression };
export type PlannedBranch = Planned & {
  kind: "branch";
  arms: { when?: CompiledExpression; steps: PlannedStep[] }[];
};
/** `status`, `headers` and `body`, as far as they are set. */
export type PlannedRespond = Planned & { kind: "respond"; fields: CompiledFields };
export type PlannedStep = PlannedAction | PlannedSet | PlannedFilter | PlannedBranch | PlannedRespond;

/** A published definition with everything compiled; made once a version and kept. */
export type Plan = { name: string; steps: PlannedStep[] };

/** Throws ExpressionError if the definition was never checked. */
export function planAutomation(definition: Definition): Plan {
  return { name: definition.name, steps: planSteps(definition.steps, "") };
}

function planSteps(steps: readonly Step[], prefix: string): PlannedStep[] {
  return steps.map((step) => planStep(step, `${prefix}${step.id}`));
}

function planStep(step: Step, path: string): PlannedStep {
  const { id } = step;
  if ("action" in step) return planAction(step, path);
  if ("set" in step) return { kind: "set", id, path, fields: compileFields(step.set) };
  if ("filter" in step) return { kind: "filter", id, path, condition: compileExpression(step.filter) };
  if ("respond" in step) return { kind: "respond", id, path, fields: compileFields(respondFields(step)) };
  const arms = step.branch.map((arm, index) => {
    const inner = `${path}[${index}].`;
    if ("otherwise" in arm) return { steps: planSteps(arm.otherwise, inner) };
    return { when: compileExpression(arm.when), steps: planSteps(arm.steps, inner) };
  });
  return { kind: "branch", id, path, arms };
}

function planAction(step: ActionStep, path: string): PlannedAction {
  const onError = step.onError ?? "stop";
  return {
    kind: "action",
    id: step.id,
    path,
    action: step.action,
    ...(step.connection === undefined ? {} : { connection: step.connection }),
    fields: compileFields(step.input),
    ...timeoutOf(step),
    attempts: step.retry?.attempts ?? defaultAttempts,
    atMostOnce: step.atMostOnce ?? false,
    onError: typeof onError === "string" ? onError : planSteps(onError, `${path}.onError.`),
  };
}

function respondFields({ respond: { status, headers, body } }: RespondStep): JsonObject {
  return {
    ...(status === undefined ? {} : { status }),
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body }),
  };
}

function timeoutOf({ timeout }: ActionStep): { timeoutMs?: number } {
  const timeoutMs = timeout === undefined ? undefined : parseDurationMs(timeout);
  return timeoutMs === undefined ? {} : { timeoutMs };
}

function compileFields(input: ActionStep["input"]): CompiledFields {
  return Object.entries(input).map(([name, value]) => [name, compileInput(value)] as const);
}
