import type { ProblemIssue } from "@millrace/contract";
import { type ExitCode, exitCodes } from "./exit-code.ts";

/** An issue of a file: where it stands in the text as well. */
export type FileIssue = ProblemIssue & { line?: number; column?: number };

export type CliProblem = {
  code: string;
  message: string;
  exitCode?: ExitCode;
  status?: number;
  advice?: string;
  issues?: readonly FileIssue[];
  /** The file that the issues are about. */
  file?: string;
  /** The request's id in the server's log. */
  instance?: string;
};

/** An expected way for a command to end. Anything else that is thrown is a bug of ours or an ApiError. */
export class CliError extends Error {
  readonly problem: CliProblem & { exitCode: ExitCode };

  constructor(problem: CliProblem, cause?: unknown) {
    super(problem.message, cause === undefined ? undefined : { cause });
    this.name = "CliError";
    this.problem = { exitCode: exitCodes.failure, ...problem };
  }
}

export function usageError(message: string, advice?: string): CliError {
  return new CliError({
    code: "usage",
    message,
    exitCode: exitCodes.usage,
    ...(advice === undefined ? {} : { advice }),
  });
}
