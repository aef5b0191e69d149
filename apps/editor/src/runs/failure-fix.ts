import { type Definition, walkSteps } from "@millrace/automation";
import type { FailureView } from "@millrace/contract";

/** What most likely mends a failure: the credential, the step, or another try. */
export type FailureFix = "connection" | "step" | "retry";

const credentialCodes = new Set(["credential_rejected", "connection_missing", "permission_denied", "quota_exhausted"]);
const passingCodes = new Set(["rate_limited", "provider_unavailable", "timeout", "outcome_unknown", "own_bug"]);

export function fixFor({ code, nextStep }: Pick<FailureView, "code" | "nextStep">): FailureFix {
  if (nextStep === "reconnect" || credentialCodes.has(code)) return "connection";
  return passingCodes.has(code) || nextStep === "retry" || nextStep === "review" ? "retry" : "step";
}

/** The connection that a step of this version used, by name and connector. */
export function connectionOfStep(
  definition: Definition | undefined,
  stepId: string,
): { connector: string; name: string | undefined } | undefined {
  for (const { step } of definition ? walkSteps(definition.steps) : []) {
    if (step.id !== stepId || !("action" in step)) continue;
    return { connector: step.action.split(".")[0] ?? step.action, name: step.connection };
  }
  return undefined;
}
