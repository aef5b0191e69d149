import { ConfigError, Failure } from "@millrace/base";
import type { Problem, ProblemCode, ProblemIssue } from "@millrace/contract";
import { Conflict, DatabaseUnreachable, InvalidCursor, NotFound } from "@millrace/db";
import { RunNotFound, RunStateConflict } from "@millrace/engine";
import { EmailTaken } from "../auth/create-auth.ts";
import { HttpProblem, invalidRequest } from "../middleware/http-problem.ts";

const titles: Record<ProblemCode, string> = {
  invalid_request: "The request is wrong",
  invalid_json: "The body is no JSON",
  too_large: "The body is too large",
  unsupported_media_type: "The body has the wrong type",
  unauthenticated: "Sign in first",
  sign_in_rejected: "Wrong e-mail address or password",
  forbidden: "Not allowed",
  cross_site: "The request came from another site",
  not_found: "Not found",
  conflict: "Conflict",
  draft_changed: "The draft was changed",
  definition_invalid: "The definition is wrong",
  name_taken: "The name is taken",
  connection_in_use: "The connection is in use",
  run_state: "The run's status does not allow this",
  not_published: "Nothing is published",
  not_replayable: "The delivery can't be replayed",
  setup_done: "The setup is done",
  setup_token_rejected: "The setup link is not valid",
  rate_limited: "Too many requests",
  unavailable: "Not available at the moment",
  internal: "Something went wrong",
};

export type PresentedProblem = { problem: Problem; headers: Readonly<Record<string, string>> };

/** Any error as problem details. `instance` is there where the log holds more than the answer says. */
export function presentProblem(error: unknown, instance: string): PresentedProblem {
  const known = knownProblem(error);
  if (known) return { problem: present(known), headers: known.headers };
  const detail = "The server failed at this request. Its log holds the cause under the instance.";
  return { problem: { ...present(new HttpProblem(500, "internal", detail)), instance }, headers: {} };
}

function present({ status, code, message, issues }: HttpProblem): Problem {
  return {
    type: `urn:millrace:problem:${code}`,
    title: titles[code],
    status,
    detail: message,
    code,
    ...(issues.length > 0 ? { issues: [...issues] } : {}),
  };
}

function knownProblem(error: unknown): HttpProblem | undefined {
  if (error instanceof HttpProblem) return error;
  if (error instanceof NotFound || error instanceof RunNotFound)
    return new HttpProblem(404, "not_found", error.message);
  if (error instanceof Conflict) return new HttpProblem(409, conflictCode(error), error.message);
  if (error instanceof RunStateConflict) return new HttpProblem(409, "run_state", error.message);
  if (error instanceof EmailTaken) return new HttpProblem(409, "name_taken", error.message);
  if (error instanceof InvalidCursor) return invalidRequest([{ path: "cursor", message: error.message }]);
  if (error instanceof Failure && error.code === "invalid_input") return invalidRequest([issueOf(error)]);
  // Its messages name variables and never repeat their values.
  if (error instanceof ConfigError) return new HttpProblem(500, "internal", error.message);
  if (error instanceof DatabaseUnreachable || isOutage(error)) {
    return new HttpProblem(503, "unavailable", "The database can't be reached. Try again in a moment.", {
      headers: { "retry-after": "2" },
    });
  }
  return httpError(error);
}

function conflictCode({ facts }: Conflict): ProblemCode {
  if ("currentRevision" in facts) return "draft_changed";
  return "name" in facts ? "name_taken" : "conflict";
}

function issueOf({ message, detail }: Failure): ProblemIssue {
  return { path: detail.field ?? "", message: detail.advice ? `${message} ${detail.advice}` : message };
}

/** Prisma's and PostgreSQL's codes for a database that is away, full or starting, or in which something waited for too long. */
const outageCodes = new Set(
  "P1001 P1002 P1008 P1017 P2024 ECONNREFUSED ECONNRESET ETIMEDOUT EPIPE 57P01 57P02 57P03 53300 08006 08001 55P03 57014".split(
    " ",
  ),
);

function isOutage(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 4; cause = cause.cause, depth++) {
    if ("code" in cause && typeof cause.code === "string" && outageCodes.has(cause.code)) return true;
  }
  return false;
}

/** What Express and its parsers throw: the status is theirs, the words are ours. */
function httpError(error: unknown): HttpProblem | undefined {
  if (!(error instanceof Error) || !("status" in error) || typeof error.status !== "number") return undefined;
  switch (error.status) {
    case 413:
      return new HttpProblem(413, "too_large", "The body is larger than 1 MiB.");
    case 415:
      return new HttpProblem(
        415,
        "unsupported_media_type",
        "Send the body as plain UTF-8 JSON, without content encoding.",
      );
    case 400:
      return new HttpProblem(
        400,
        "invalid_request",
        "The request can't be read: check the URL's escapes and the body's length.",
      );
    default:
      return undefined;
  }
}
