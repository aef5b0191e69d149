import type { Step } from "./definition.ts";

export type PlacedStep = {
  step: Step;
  /** Where the step stands in the document: `steps[1].branch[0].steps[0]`. */
  location: string;
  /** How its records are addressed in a run: `size[0].warn`. */
  path: string;
  /** The ids of the steps that come before it, in order; those inside an earlier block may not have run. */
  earlier: readonly string[];
};

/** Every step, depth first in the order in which they would run. */
export function* walkSteps(steps: readonly Step[]): Generator<PlacedStep> {
  yield* walkList(steps, "steps", "", []);
}

function* walkList(steps: readonly Step[], location: string, prefix: string, earlier: string[]): Generator<PlacedStep> {
  for (const [index, step] of steps.entries()) {
    const place = `${location}[${index}]`;
    const path = `${prefix}${step.id}`;
    yield { step, location: place, path, earlier: [...earlier] };
    if ("branch" in step) {
      const inArms: string[] = [];
      for (const [arm, choice] of step.branch.entries()) {
        const key = "when" in choice ? "steps" : "otherwise";
        const inner = "when" in choice ? choice.steps : choice.otherwise;
        const visible = [...earlier]; // one arm never sees another's steps: only one of them runs
        yield* walkList(inner, `${place}.branch[${arm}].${key}`, `${path}[${arm}].`, visible);
        inArms.push(...visible.slice(earlier.length));
      }
      earlier.push(...inArms);
    }
    earlier.push(step.id);
    if ("action" in step && Array.isArray(step.onError)) {
      yield* walkList(step.onError, `${place}.onError`, `${path}.onError.`, earlier);
    }
  }
}
