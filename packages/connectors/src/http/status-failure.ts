import { Failure, type FailureCode } from "@millrace/base";
import { type EgressResponse, retryAfterMs } from "@millrace/connector-kit";
import { decodeBody } from "./decode-body.ts";

const meanings: Record<number, [code: FailureCode, summary: string, advice: string]> = {
  401: [
    "credential_rejected",
    "rejected the credential",
    "Check the step's connection: whether it is the right one, complete, and still valid.",
  ],
  402: ["quota_exhausted", "asks for payment", "Check the plan or the credit of the account with this service."],
  403: ["permission_denied", "does not allow this request", "Check what the account behind the connection may do."],
  404: ["not_found", "has nothing at this address", "Check the URL and the ids in it."],
  405: [
    "invalid_input",
    "does not allow this method here",
    "Choose another method; the answer's allow header lists them.",
  ],
  408: ["timeout", "gave up waiting for the request", "The step is tried again by itself."],
  409: [
    "conflict",
    "reports a conflict",
    "Somebody else may have changed it first. Read the current state and decide.",
  ],
  410: ["not_found", "says this is gone for good", "Check the URL and the ids in it."],
  412: ["conflict", "reports that a condition does not hold", "Read the current state and decide."],
  413: ["too_large", "finds the request too large", "Send less at a time."],
  425: ["provider_unavailable", "asks to try again later", "The step is tried again by itself."],
  429: [
    "rate_limited",
    "asks us to slow down",
    "The step is tried again by itself, after the wait the service asked for.",
  ],
};

/** What an error status means for the step. The start of the answer's body is kept, because it usually says what is wrong. */
export function statusFailure(answer: EgressResponse, now: Date | undefined): Failure {
  const { status } = answer;
  const [code, summary, advice] = meanings[status] ?? generalMeaning(status);
  const host = new URL(answer.url).host;
  const { body } = decodeBody(answer);
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const wait = now && retryAfterMs(answer.headers.get("retry-after"), now);
  return new Failure(code, `${host} ${summary} (status ${status}).`, {
    advice,
    httpStatus: status,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    facts: { host, status, ...(body === null ? {} : { body: text.slice(0, 1_000) }) },
  });
}

function generalMeaning(status: number): [FailureCode, string, string] {
  if (status >= 500) {
    return ["provider_unavailable", "has a problem of its own", "The step is tried again by itself."];
  }
  return ["invalid_input", "refused the request", "The answer's body usually names what is wrong."];
}
