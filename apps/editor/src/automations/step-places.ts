import type { Definition, Step } from "@millrace/automation";

/** A list of steps: the automation's own, an arm of a branch, or what runs after a failure. */
export type ListPlace =
  | { kind: "root" }
  | { kind: "arm"; stepId: string; arm: number }
  | { kind: "onError"; stepId: string };

/** Where a step goes: before the step that now stands at `index` of the list. */
export type InsertPlace = { list: ListPlace; index: number };

export type PlacedInList = { step: Step; place: InsertPlace; depth: number };

export const rootList: ListPlace = { kind: "root" };

/** Every step in reading order, with the list it stands in. */
export function placedSteps(steps: readonly Step[], list: ListPlace = rootList, depth = 0): PlacedInList[] {
  return steps.flatMap((step, index) => [
    { step, place: { list, index }, depth },
    ...innerLists(step).flatMap((inner) => placedSteps(inner.steps, inner.list, depth + 1)),
  ]);
}

export function innerLists(step: Step): { list: ListPlace; steps: Step[] }[] {
  if ("branch" in step) {
    return step.branch.map((arm, index) => ({
      list: { kind: "arm", stepId: step.id, arm: index },
      steps: "when" in arm ? arm.steps : arm.otherwise,
    }));
  }
  if ("action" in step && Array.isArray(step.onError)) {
    return [{ list: { kind: "onError", stepId: step.id }, steps: step.onError }];
  }
  return [];
}

export function findPlaced(definition: Definition, stepId: string): PlacedInList | undefined {
  return placedSteps(definition.steps).find(({ step }) => step.id === stepId);
}

export function stepIds(definition: Definition): string[] {
  return placedSteps(definition.steps).map(({ step }) => step.id);
}

/** A definition in which the list at `place` was replaced by what `change` makes of it. */
export function changeList(definition: Definition, place: ListPlace, change: (steps: Step[]) => Step[]): Definition {
  if (place.kind === "root") return { ...definition, steps: change(definition.steps) };
  return changeStep(definition, place.stepId, (step) => {
    if (place.kind === "onError")
      return "action" in step && Array.isArray(step.onError) ? { ...step, onError: change(step.onError) } : step;
    if (!("branch" in step)) return step;
    const branch = step.branch.map((arm, index) => {
      if (index !== place.arm) return arm;
      return "when" in arm ? { ...arm, steps: change(arm.steps) } : { otherwise: change(arm.otherwise) };
    });
    return { ...step, branch };
  });
}

/** A definition in which one step was replaced, wherever it stands. */
export function changeStep(definition: Definition, stepId: string, change: (step: Step) => Step): Definition {
  return { ...definition, steps: changeIn(definition.steps, stepId, change) };
}

function changeIn(steps: readonly Step[], stepId: string, change: (step: Step) => Step): Step[] {
  return steps.map((step) => {
    if (step.id === stepId) return change(step);
    if ("branch" in step) {
      const branch = step.branch.map((arm) =>
        "when" in arm
          ? { ...arm, steps: changeIn(arm.steps, stepId, change) }
          : { otherwise: changeIn(arm.otherwise, stepId, change) },
      );
      return { ...step, branch };
    }
    if ("action" in step && Array.isArray(step.onError))
      return { ...step, onError: changeIn(step.onError, stepId, change) };
    return step;
  });
}
