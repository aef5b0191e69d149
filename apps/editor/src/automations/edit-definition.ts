import type { Definition, Step } from "@millrace/automation";
import { isJsonObject, type Json } from "@millrace/base";
import { changeList, changeStep, findPlaced, type InsertPlace, placedSteps, stepIds } from "./step-places.ts";

export function insertStep(definition: Definition, { list, index }: InsertPlace, step: Step): Definition {
  return changeList(definition, list, (steps) => steps.toSpliced(index, 0, step));
}

export function removeStep(definition: Definition, stepId: string): Definition {
  const placed = findPlaced(definition, stepId);
  if (!placed) return definition;
  return changeList(definition, placed.place.list, (steps) => steps.toSpliced(placed.place.index, 1));
}

/** Swaps a step with its neighbour in the same list; the same definition where there is none. */
export function moveStep(definition: Definition, stepId: string, by: -1 | 1): Definition {
  const placed = findPlaced(definition, stepId);
  if (!placed) return definition;
  const { list, index } = placed.place;
  return changeList(definition, list, (steps) => {
    if (index + by < 0 || index + by >= steps.length) return steps;
    return steps.toSpliced(index, 1).toSpliced(index + by, 0, placed.step);
  });
}

/** Puts a copy right after the step; steps inside it get fresh ids too. */
export function duplicateStep(definition: Definition, stepId: string): { definition: Definition; stepId: string } {
  const placed = findPlaced(definition, stepId);
  if (!placed) return { definition, stepId };
  const taken = new Set(stepIds(definition));
  const copies = placedSteps([placed.step]).map(({ step }) => step.id);
  const renamed = copies.reduce<{ document: Definition; first: string }>(
    (state, id) => {
      const fresh = freshId(id, taken);
      taken.add(fresh);
      return { document: renameStep(state.document, id, fresh), first: state.first || fresh };
    },
    { document: { ...definition, steps: [placed.step] }, first: "" },
  );
  const [copy] = renamed.document.steps;
  if (!copy) return { definition, stepId };
  const after = { list: placed.place.list, index: placed.place.index + 1 };
  return { definition: insertStep(definition, after, copy), stepId: renamed.first };
}

/** `base`, or `base2`, `base3` … where it is taken. */
export function freshId(base: string, taken: ReadonlySet<string>): string {
  if (!taken.has(base)) return base;
  const stem = base.replace(/\d+$/, "");
  let count = 2;
  while (taken.has(`${stem}${count}`)) count++;
  return `${stem}${count}`;
}

/** Renames a step and every mapping that reads it. */
export function renameStep(definition: Definition, from: string, to: string): Definition {
  const renamed = changeStep(definition, from, (step) => ({ ...step, id: to }));
  const rewrite = (source: string) => renameReference(source, from, to);
  return { ...renamed, steps: renamed.steps.map((step) => rewriteStep(step, rewrite)) };
}

/** `steps.old` and `steps["old"]` in one expression. A longer name that starts the same is left alone. */
export function renameReference(source: string, from: string, to: string): string {
  const id = from.replace(/[^A-Za-z0-9_]/g, "");
  return source
    .replace(new RegExp(`(?<![\\w.])steps(\\s*\\.\\??\\s*)${id}(?!\\w)`, "g"), `steps$1${to}`)
    .replace(new RegExp(`(?<![\\w.])steps\\[(["'])${id}\\1\\]`, "g"), `steps[$1${to}$1]`);
}

type Rewrite = (source: string) => string;

function rewriteStep(step: Step, rewrite: Rewrite): Step {
  if ("set" in step) return { ...step, set: rewriteObject(step.set, rewrite) };
  if ("filter" in step) return { ...step, filter: rewrite(step.filter) };
  if ("branch" in step) {
    const branch = step.branch.map((arm) =>
      "when" in arm
        ? { when: rewrite(arm.when), steps: arm.steps.map((inner) => rewriteStep(inner, rewrite)) }
        : { otherwise: arm.otherwise.map((inner) => rewriteStep(inner, rewrite)) },
    );
    return { ...step, branch };
  }
  if ("respond" in step) {
    const { status, headers, body } = step.respond;
    const respond = {
      ...step.respond,
      ...(typeof status === "string" ? { status: rewriteText(status, rewrite) } : {}),
      ...(headers ? { headers: rewriteHeaders(headers, rewrite) } : {}),
      ...(body === undefined ? {} : { body: rewriteValue(body, rewrite) }),
    };
    return { ...step, respond };
  }
  const input = rewriteObject(step.input, rewrite);
  if (!Array.isArray(step.onError)) return { ...step, input };
  return { ...step, input, onError: step.onError.map((inner) => rewriteStep(inner, rewrite)) };
}

function rewriteObject(object: { [key: string]: Json }, rewrite: Rewrite): { [key: string]: Json } {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, rewriteValue(value, rewrite)]));
}

const rewriteText = (text: string, rewrite: Rewrite) => text.replace(/\{\{[\s\S]*?\}\}/g, rewrite);

function rewriteHeaders(headers: Record<string, string>, rewrite: Rewrite): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, rewriteText(value, rewrite)]));
}

function rewriteValue(value: Json, rewrite: Rewrite): Json {
  if (typeof value === "string") return rewriteText(value, rewrite);
  if (Array.isArray(value)) return value.map((item) => rewriteValue(item, rewrite));
  return isJsonObject(value) ? rewriteObject(value, rewrite) : value;
}
