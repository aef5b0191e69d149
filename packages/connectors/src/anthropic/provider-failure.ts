import { APIConnectionError, APIConnectionTimeoutError, APIError } from "@anthropic-ai/sdk";
import { Failure, type FailureCode, type FailureDetail } from "@millrace/base";
import { retryAfterMs } from "@millrace/connector-kit";

type Context = { model: string | undefined; now: Date | undefined };

/** The service's names for fields, and ours. */
const fieldNames: Record<string, string> = {
  max_tokens: "maxTokens",
  messages: "prompt",
  model: "model",
  prompt: "prompt",
  system: "system",
  temperature: "temperature",
};

/** What each error of the API means for a step. https://platform.claude.com/docs/en/api/errors */
export function providerFailure(error: unknown, context: Context): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof APIConnectionTimeoutError)
    return new Failure("timeout", "Anthropic did not answer in time.", { cause: error });
  if (error instanceof APIConnectionError) {
    return new Failure("provider_unavailable", "Anthropic could not be reached.", { cause: error });
  }
  if (error instanceof APIError && error.status !== undefined) return statusFailure(error, error.status, context);
  if (error instanceof SyntaxError) {
    return new Failure("contract_drift", "Anthropic did not answer with JSON.", {
      advice: "If the connection or the operator sets a base URL, check that it leads to the Messages API.",
      cause: error,
    });
  }
  throw error;
}

function statusFailure(error: APIError, status: number, { model, now }: Context): Failure {
  const said = error.apiMessage?.slice(0, 300) ?? "";
  const { code, summary, ...detail } = meaningOf(status, said, model, error.type !== null);
  const wait = now && retryAfterMs(error.headers?.get("retry-after") ?? null, now);
  const isRetried = code === "rate_limited" || code === "provider_unavailable";
  return new Failure(code, said === "" ? `${summary}.` : `${summary}: ${said}`, {
    ...detail,
    httpStatus: status,
    ...(wait !== undefined && isRetried ? { retryAfterMs: wait } : {}),
    facts: {
      ...(error.requestID ? { requestId: error.requestID } : {}),
      ...(error.type === null ? {} : { errorType: error.type }),
      ...(said === "" ? {} : { providerMessage: said }),
      ...(model === undefined ? {} : { model }),
    },
    cause: error,
  });
}

type Meaning = { code: FailureCode; summary: string } & Pick<FailureDetail, "advice" | "field">;

const quota: Meaning = {
  code: "quota_exhausted",
  summary: "The Anthropic account has no credit left",
  advice:
    "Add credit or raise the spend limit in the Claude Console under Billing, then retry the run. Waiting does not help.",
};

function meaningOf(status: number, said: string, model: string | undefined, isFromApi: boolean): Meaning {
  switch (status) {
    case 400:
    case 422:
      return badRequest(said, model);
    case 401:
      return {
        code: "credential_rejected",
        summary: "Anthropic rejected the API key",
        advice:
          "Check three things: the key is sent in the x-api-key header, so a gateway in between must pass it on; the key pasted here is the one you mean, not one of another connection or workspace; and it has not been revoked in the Claude Console.",
      };
    case 402:
      return quota;
    case 403:
      return {
        code: "permission_denied",
        summary: "This API key may not do that",
        advice: "Check in the Claude Console that the key's workspace may use this model and feature.",
      };
    case 404:
      return notFound(model, isFromApi);
    case 408:
      return { code: "timeout", summary: "Anthropic gave up waiting for the request" };
    case 409:
      return { code: "conflict", summary: "Anthropic reports a conflict" };
    case 413:
      return {
        code: "too_large",
        summary: "The request is larger than Anthropic accepts",
        advice: "Shorten the prompt, or split the text and summarize the parts.",
        field: "prompt",
      };
    case 429:
      return {
        code: "rate_limited",
        summary: "Anthropic's rate limit is reached",
        advice:
          "The step is tried again by itself. If this happens often, slow the automation down or ask for higher limits.",
      };
    default:
      return status >= 500
        ? {
            code: "provider_unavailable",
            summary: status === 529 ? "Anthropic is overloaded" : "Anthropic has a problem of its own",
            advice: "The step is tried again by itself. See https://status.claude.com if it lasts.",
          }
        : { code: "invalid_input", summary: `Anthropic refused the request with status ${status}` };
  }
}

function badRequest(said: string, model: string | undefined): Meaning {
  if (/credit balance|billing|spend limit/i.test(said)) return quota;
  if (/prompt is too long|exceed.*context/i.test(said)) {
    return {
      code: "too_large",
      summary: "The prompt does not fit the model",
      advice: "Shorten the prompt, split the text, or choose a model with a larger context window.",
      field: "prompt",
    };
  }
  const named = /^`?([a-z_]+)/.exec(said)?.[1] ?? "";
  const field = Object.hasOwn(fieldNames, named) ? fieldNames[named] : undefined;
  const advice =
    field === "temperature"
      ? `Leave the temperature empty: ${model ?? "this model"} does not take one.`
      : "Correct the field that the message names.";
  return { code: "invalid_input", summary: "Anthropic refused the request", advice, ...(field ? { field } : {}) };
}

function notFound(model: string | undefined, isFromApi: boolean): Meaning {
  if (isFromApi && model !== undefined) {
    return {
      code: "model_not_found",
      summary: `Anthropic knows no model "${model}" for this key`,
      advice:
        "Choose a model from the list: check its spelling and case, and whether it has been retired or needs access.",
      field: "model",
    };
  }
  return {
    code: "not_found",
    summary: "There is no Messages API at this address",
    advice: "Check the connection's base URL, or leave it empty to use the public API.",
  };
}
