import type { Json } from "./json.ts";

/** What happens to a step after it failed: see `nextStepFor`. */
export type NextStep = "stop" | "retry" | "reconnect" | "review";

/** A failure's code decides what happens next. Every code a connector or the engine may give stands here. */
export const nextStepFor = {
  invalid_input: "stop",
  mapping_failed: "stop", // an expression named a path that isn't there, or could not be computed
  mapping_too_expensive: "stop",
  credential_rejected: "reconnect",
  connection_missing: "reconnect",
  permission_denied: "stop",
  quota_exhausted: "stop", // no credit left: waiting does not help
  not_found: "stop",
  model_not_found: "stop",
  conflict: "stop",
  too_large: "stop",
  contract_drift: "stop", // the answer no longer has the declared shape
  egress_blocked: "stop",
  rate_limited: "retry",
  provider_unavailable: "retry",
  timeout: "retry",
  outcome_unknown: "review", // sent, but no answer came back
  quarantined: "stop", // the run ended its worker too often
  stopped: "stop", // a step said so
  own_bug: "stop",
} as const satisfies Record<string, NextStep>;

export type FailureCode = keyof typeof nextStepFor;

export type FailureDetail = {
  /** What a person can do about it, one or two sentences. */
  advice?: string;
  /** The input field or definition path at fault, such as `prompt` or `steps[1].input.key`. */
  field?: string;
  /** How long the other side asked us to wait. */
  retryAfterMs?: number;
  /** The HTTP status of the answer, where there was one. */
  httpStatus?: number;
  /** Further facts, safe to store and to show. */
  facts?: Record<string, Json>;
  cause?: unknown;
};

/** A failure as it is stored and shown: no stack, no cause, no secrets. */
export type FailureRecord = {
  code: FailureCode;
  message: string;
  advice?: string;
  field?: string;
  retryAfterMs?: number;
  httpStatus?: number;
  facts?: Record<string, Json>;
};

/** An expected way for a step to fail. Anything else that is thrown is a bug of ours and becomes `own_bug`. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly detail: Omit<FailureDetail, "cause">;

  constructor(code: FailureCode, message: string, { cause, ...detail }: FailureDetail = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "Failure";
    this.code = code;
    this.detail = detail;
  }

  get nextStep(): NextStep {
    return nextStepFor[this.code];
  }

  toRecord(): FailureRecord {
    return { code: this.code, message: this.message, ...this.detail };
  }
}
