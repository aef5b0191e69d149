import type { Step } from "./definition.ts";

// Apart from the schema, which lists of runs have no use for.
export const stepKinds = ["action", "set", "filter", "branch", "respond"] as const;
export type StepKind = (typeof stepKinds)[number];

export function stepKind(step: Step): StepKind {
  if ("action" in step) return "action";
  if ("set" in step) return "set";
  if ("filter" in step) return "filter";
  return "branch" in step ? "branch" : "respond";
}
