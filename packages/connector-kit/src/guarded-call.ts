import { Failure } from "@millrace/base";
import type { Connection } from "./connection.ts";
import type { Credential } from "./credential-fields.ts";
import type { Egress, ExchangeObserver } from "./egress/egress.ts";
import { linkedAbort } from "./linked-abort.ts";
import { redactFailure } from "./redact-failure.ts";

export type GuardedCall<Result> = {
  connection: Connection | undefined;
  credential: Credential | undefined;
  http: Egress;
  signal: AbortSignal | undefined;
  timeoutMs: number;
  observer?: ExchangeObserver;
  /** What a failure becomes before it is redacted. */
  refine?: (failure: Failure) => Failure;
  call: (context: { http: Egress; signal: AbortSignal }) => Promise<Result>;
};

/**
 * Runs connector code within a time limit. Whatever it throws leaves as a `Failure` without secrets.
 * When the caller's own signal aborts, its reason is thrown as it is: the caller knows why.
 */
export async function guardedCall<Result>(options: GuardedCall<Result>): Promise<Result> {
  const { connection, credential, timeoutMs, observer, refine = (failure) => failure } = options;
  options.signal?.throwIfAborted();
  const call = linkedAbort([options.signal]);
  let outOfTime: Failure | undefined;
  const timer = setTimeout(() => {
    outOfTime = tookTooLong(timeoutMs);
    call.abort(outOfTime);
  }, timeoutMs);
  const { signal } = call;
  const http = options.http.bind({ signal, timeoutMs, ...(observer ? { observer } : {}) });
  try {
    return await withAbort(signal, () => options.call({ http, signal }));
  } catch (error) {
    if (options.signal?.aborted && !outOfTime) throw options.signal.reason;
    throw redactFailure(
      refine(outOfTime ?? failureFrom(error)),
      credential && connection ? connection.secretsOf(credential) : [],
    );
  } finally {
    clearTimeout(timer);
    call.release();
  }
}

const tookTooLong = (timeoutMs: number): Failure =>
  new Failure("timeout", `The call did not finish within ${timeoutMs} ms.`, {
    advice: "Give the step a longer timeout if the service is known to be slow.",
    facts: { limitMs: timeoutMs },
  });

/** Connector code that ignores its signal still can't outlive it. */
function withAbort<Result>(signal: AbortSignal, start: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    start()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", abort));
  });
}

function failureFrom(error: unknown): Failure {
  if (error instanceof Failure) return error;
  // The text of an unexpected error may quote anything, a request's headers included. Only its name is kept.
  const name = error instanceof Error ? error.name : typeof error;
  return new Failure("own_bug", `The connector failed in a way it does not foresee (${name}).`, {
    advice: "This is a fault in the connector, not in your automation. Please report it with the run's id.",
    cause: error,
  });
}
