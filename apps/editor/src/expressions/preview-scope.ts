import type { Definition, Scope } from "@millrace/automation";
import { isJsonObject, type Json } from "@millrace/base";
import type { Automation, CatalogAction, Samples } from "@millrace/contract";
import { placedSteps } from "../automations/step-places.ts";
import { analyzeTemplate } from "./analyze.ts";

export type StepSample = { id: string; title: string; value: Json; source: "run" | "example" | "computed" };
export type TriggerSample = Samples["triggers"][number];

/** What stands in for a trigger before any request came: the curl's own body. */
export function exampleTrigger(automation: Pick<Automation, "sampleBody">): TriggerSample {
  return {
    id: "example",
    source: "example",
    label: "Example",
    receivedAt: null,
    trigger: {
      method: "POST",
      headers: { "content-type": "application/json" },
      query: {},
      body: automation.sampleBody,
      receivedAt: new Date(0).toISOString(),
    },
  };
}

type StepSampleOptions = {
  definition: Definition;
  stepId: string | undefined;
  samples: Samples | undefined;
  trigger: TriggerSample;
  findAction: (id: string) => CatalogAction | undefined;
};

/** The outputs that a step may read: of the steps before it, each recorded, or from its action's example. */
export function stepSamples({ definition, stepId, samples, trigger, findAction }: StepSampleOptions): StepSample[] {
  const found: StepSample[] = [];
  for (const { step } of readableSteps(definition, stepId)) {
    if ("branch" in step || "filter" in step || "respond" in step) continue;
    const action = "action" in step ? findAction(step.action) : undefined;
    const title = "action" in step ? (action?.title ?? step.action) : "Set variables";
    const recorded = samples && Object.hasOwn(samples.steps, step.id) ? samples.steps[step.id] : undefined;
    if (recorded !== undefined) {
      found.push({ id: step.id, title, value: recorded, source: samples?.stepSources[step.id] ?? "example" });
    } else if ("set" in step) {
      found.push({ id: step.id, title, value: computed(step.set, scopeOf(trigger, found)), source: "computed" });
    } else {
      found.push({ id: step.id, title, value: action?.example.output ?? null, source: "example" });
    }
  }
  return found;
}

/** Computed values are made anew each time; all others are the very objects of the samples and the catalog. */
export function areSameSamples(left: readonly StepSample[], right: readonly StepSample[]): boolean {
  return (
    left.length === right.length &&
    left.every((sample, index) => {
      const other = right[index];
      if (!other || sample.id !== other.id || sample.title !== other.title || sample.source !== other.source)
        return false;
      if (sample.value === other.value) return true;
      return sample.source === "computed" && JSON.stringify(sample.value) === JSON.stringify(other.value);
    })
  );
}

/** The steps that have run when this one does: those before it, but none of another arm of its branch. */
function readableSteps(definition: Definition, stepId: string | undefined) {
  const placed = placedSteps(definition.steps);
  const index = placed.findIndex(({ step }) => step.id === stepId);
  const own = placed[index];
  // A trigger comes before all steps.
  if (!own) return [];
  return placed.slice(0, index).filter(({ place }) => {
    if (place.list.kind !== "arm" || own.place.list.kind !== "arm") return true;
    return place.list.stepId !== own.place.list.stepId || place.list.arm === own.place.list.arm;
  });
}

/** What expressions see, with sample data in it. */
export function previewScope(
  automation: { id: string; name: string },
  trigger: TriggerSample,
  steps: readonly StepSample[],
): Scope {
  return { ...scopeOf(trigger, steps), automation: { id: automation.id, name: automation.name } };
}

function scopeOf({ trigger }: TriggerSample, steps: readonly StepSample[]): Scope {
  const outputs: { [id: string]: Json } = Object.create(null);
  for (const { id, value } of steps) outputs[id] = value;
  return {
    trigger,
    steps: outputs,
    run: { id: "run_00000000000000000000000000", startedAt: trigger.receivedAt },
    automation: { id: "", name: "" },
  };
}

/** A value with its templates resolved; those that can't be stay as they are written. */
function computed(value: Json, scope: Scope): Json {
  if (typeof value === "string") return analyzeTemplate(value, { scope }).value?.json ?? value;
  if (Array.isArray(value)) return value.map((item) => computed(item, scope));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, computed(item, scope)]));
}
