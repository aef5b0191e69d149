import { ApiError } from "@millrace/contract";
import { CliError, type CliProblem } from "./cli-error.ts";
import { type ExitCode, exitCodes } from "./exit-code.ts";
import type { Session } from "./session.ts";

export type FinalProblem = CliProblem & { exitCode: ExitCode };

/** What to tell about an error, and the exit code it ends the command with. */
export function problemOf(error: unknown, session: Session): FinalProblem {
  if (error instanceof CliError) return error.problem;
  if (error instanceof ApiError) return fromApi(error, session);
  if (isBrokenConnection(error)) {
    const message = `The connection to ${session.url()} broke before the answer was complete.`;
    return { code: "unreachable", message, advice: "Try again.", exitCode: exitCodes.notReachable };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    code: "internal",
    message,
    advice: "This is a bug of the command; please report it.",
    exitCode: exitCodes.failure,
  };
}

function fromApi(error: ApiError, session: Session): FinalProblem {
  const facts = {
    code: error.code,
    status: error.status,
    issues: error.issues,
    ...(error.instance === undefined ? {} : { instance: error.instance }),
  };
  if (error.status === 0) return { ...facts, ...unreachable(error, session), exitCode: exitCodes.notReachable };
  if (error.status === 401) {
    const advice =
      "Check MILLRACE_API_KEY: it may be revoked, expired or of another server. A new key: in the editor under Settings, or with millrace keys create.";
    return {
      ...facts,
      message: `${session.url()} did not accept the API key.`,
      advice,
      exitCode: exitCodes.notAuthorized,
    };
  }
  if (error.status === 403) {
    const advice = "Use a key that has it, or create one: millrace keys create NAME --scope SCOPE.";
    return { ...facts, message: error.message, advice, exitCode: exitCodes.notAuthorized };
  }
  return { ...facts, message: error.message, exitCode: exitCodes.failure };
}

function unreachable(error: ApiError, session: Session): { message: string; advice: string } {
  const cause = causeCode(error);
  const message = `Nothing answers at ${session.url()}${cause && cause !== "ECONNREFUSED" ? ` (${cause})` : ""}.`;
  return { message, advice: "Start the server with npm start, or set MILLRACE_URL to where it runs." };
}

function causeCode(error: unknown): string | undefined {
  for (let current = error, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth++) {
    if (current.name === "TimeoutError") return "no answer in time";
    if ("code" in current && typeof current.code === "string" && /^[A-Z][A-Z_0-9]+$/.test(current.code))
      return current.code;
  }
  return undefined;
}

/** fetch reports a body that stops in the middle as a TypeError with the socket's error as its cause. */
function isBrokenConnection(error: unknown): boolean {
  return /^(UND_ERR_|ECONN|EPIPE)/.test(causeCode(error) ?? "");
}
