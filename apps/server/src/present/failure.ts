import { type FailureRecord, nextStepFor } from "@millrace/base";
import type { FailureView } from "@millrace/contract";

export function presentFailure(failure: FailureRecord): FailureView {
  return { ...failure, nextStep: nextStepFor[failure.code] ?? "stop" };
}
