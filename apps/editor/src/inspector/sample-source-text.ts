import type { StepSample, TriggerSample } from "../expressions/preview-scope.ts";

/** Whether a preview shows what really happened or an example: test data should never look like real data. */
export function sampleSourceText(
  paths: readonly string[],
  trigger: TriggerSample,
  steps: readonly StepSample[],
): string {
  const sources = paths.map((path) => {
    if (path.startsWith("trigger")) return trigger.source === "delivery" ? "recorded" : "example";
    const step = steps.find(
      ({ id }) => path === `steps.${id}` || path.startsWith(`steps.${id}.`) || path.startsWith(`steps.${id}[`),
    );
    return step?.source === "run" ? "recorded" : step?.source === "computed" ? "computed" : "example";
  });
  if (sources.includes("example")) return "example";
  return sources.includes("recorded") ? "recorded" : "computed";
}
