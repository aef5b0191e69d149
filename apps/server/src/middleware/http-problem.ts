import type { ProblemCode, ProblemIssue } from "@millrace/contract";

/** An expected refusal; `present/problem.ts` makes the answer of it. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly code: ProblemCode;
  readonly issues: readonly ProblemIssue[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: ProblemCode,
    detail: string,
    { issues = [], headers = {} }: { issues?: readonly ProblemIssue[]; headers?: Record<string, string> } = {},
  ) {
    super(detail);
    this.name = "HttpProblem";
    this.status = status;
    this.code = code;
    this.issues = issues;
    this.headers = headers;
  }
}

export function invalidRequest(issues: readonly ProblemIssue[]): HttpProblem {
  const [first] = issues;
  const place = first?.path ? `${first.path}: ` : "";
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : "";
  return new HttpProblem(400, "invalid_request", `${place}${first?.message ?? "The request is wrong."}${more}`, {
    issues,
  });
}

export const notFound = (kind: string, name: string): HttpProblem =>
  new HttpProblem(404, "not_found", `There is no ${kind} ${name} in this workspace.`);
