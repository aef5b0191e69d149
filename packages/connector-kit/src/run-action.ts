import { Failure, isJsonObject, type JsonObject } from "@millrace/base";
import type { CallAction, Replay } from "./action.ts";
import type { Credential } from "./credential-fields.ts";
import type { Egress } from "./egress/egress.ts";
import { createExchangeLedger } from "./exchange-ledger.ts";
import { guardedCall } from "./guarded-call.ts";
import { inputFault } from "./input-fault.ts";

export type ActionCall = {
  /** Resolved: no templates left. */
  input: unknown;
  credential: Credential | undefined;
  /** The same for every attempt of one step of one run. */
  idempotencyKey: string;
  signal?: AbortSignal;
  http: Egress;
  now: Date;
  /** The action's own limit when absent, 60 s where it has none. */
  timeoutMs?: number;
  /** What holds for this call instead of the action's own declaration: a step that must run at most once is `unsafe`. */
  replay?: Replay;
};

export const defaultActionTimeoutMs = 60_000;

/**
 * Calls an action once and answers with its checked output. Throws `Failure` only, or the reason of the caller's own signal.
 * A call of an action that is unsafe to repeat ends in `outcome_unknown` when it failed after the service may have acted.
 */
export async function runAction(action: CallAction, call: ActionCall): Promise<JsonObject> {
  const { input, idempotencyKey, now } = call;
  const connection = action.connection;
  const credential = connection ? call.credential : undefined;
  if (connection?.required && !credential) {
    throw new Failure("connection_missing", `"${action.title}" needs a connection.`, {
      advice: "Choose a connection for this step, or add one.",
    });
  }
  const timeoutMs = call.timeoutMs ?? action.timeoutMs ?? defaultActionTimeoutMs;
  const ledger = createExchangeLedger();
  const refine = (failure: Failure): Failure => {
    const advised = withAdvice(failure, action);
    const isUnsafe = (call.replay ?? action.behaviorFor(input).replay) === "unsafe";
    return isUnsafe && ledger.mayHaveActed() && failure.nextStep === "retry" ? outcomeUnknown(advised) : advised;
  };
  return guardedCall({
    connection,
    credential,
    http: call.http,
    signal: call.signal,
    timeoutMs,
    observer: ledger,
    refine,
    call: async ({ http, signal }) => {
      const answer = await action.invoke({ input, credential, idempotencyKey, signal, http, now, timeoutMs });
      return checkOutput(action, answer);
    },
  });
}

/** Output as the action declares it, or `contract_drift` naming the field that no longer fits. */
function checkOutput(action: CallAction, answer: unknown): JsonObject {
  const parsed = action.output.safeParse(answer);
  if (parsed.success && isJsonObject(parsed.data)) return parsed.data;
  const { field, message } = parsed.error
    ? inputFault(action.output, answer, parsed.error)
    : { field: "", message: "not an object" };
  throw new Failure("contract_drift", `The answer of "${action.title}" has another shape than declared. ${message}`, {
    field,
    advice: "The service has changed its answer. Later steps that use this field need a look.",
  });
}

function withAdvice(failure: Failure, action: CallAction): Failure {
  const advice = failure.detail.advice ?? action.advice[failure.code];
  if (advice === undefined || failure.detail.advice !== undefined) return failure;
  return new Failure(failure.code, failure.message, { ...failure.detail, advice, cause: failure.cause });
}

function outcomeUnknown(failure: Failure): Failure {
  const { advice: _replaced, retryAfterMs: _unused, ...detail } = failure.detail;
  return new Failure("outcome_unknown", `The request was sent, but its outcome is unknown. ${failure.message}`, {
    ...detail,
    advice: "Look in the service whether it was done, then mark this step as done or run it again.",
    facts: { ...detail.facts, failedWith: failure.code },
    cause: failure,
  });
}
