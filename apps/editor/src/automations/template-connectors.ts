import type { Step } from "@millrace/automation";
import { placedSteps } from "./step-places.ts";

/** The connectors whose actions the steps call, in order of appearance. */
export function templateConnectors(steps: readonly Step[]): string[] {
  const ids = placedSteps(steps).flatMap(({ step }) =>
    "action" in step ? [step.action.split(".")[0] ?? step.action] : [],
  );
  return [...new Set(ids)];
}
