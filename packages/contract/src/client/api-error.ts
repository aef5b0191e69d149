import { type Problem, type ProblemIssue, problemSchema } from "../problem.ts";

/** What an API call failed with. `status` is 0 where no answer came. */
export class ApiError extends Error {
  readonly status: number;
  /** A `ProblemCode`; `unreachable` or `unexpected_answer` where the server did not speak. */
  readonly code: string;
  readonly title: string;
  readonly issues: readonly ProblemIssue[];
  /** The request's id in the server's log. */
  readonly instance: string | undefined;

  constructor(problem: Omit<Problem, "type">, cause?: unknown) {
    super(problem.detail, cause === undefined ? undefined : { cause });
    this.name = "ApiError";
    this.status = problem.status;
    this.code = problem.code;
    this.title = problem.title;
    this.issues = problem.issues ?? [];
    this.instance = problem.instance;
  }
}

/** The error of an answer that is no success. Not every answer is ours: proxies have their own pages. */
export function apiErrorOf(status: number, body: unknown, url: string): ApiError {
  const problem = problemSchema.safeParse(body);
  if (problem.success) return new ApiError(problem.data);
  return new ApiError({
    status,
    code: "unexpected_answer",
    title: `HTTP ${status}`,
    detail: `${url} answered ${status}, which is no answer of Millrace's API.`,
  });
}
