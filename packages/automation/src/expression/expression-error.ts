import type { ExpressionErrorCode } from "./fault.ts";

export type ExpressionErrorDetail = {
  /** Where in the source, in code units. */
  position?: { start: number; end: number };
  /** The path that is not there, such as `trigger.body.txet`. */
  path?: string;
  /** The existing path that looks most like it. */
  nearest?: string;
};

/** Why an expression could not be compiled or has no value. The message is a sentence for the person who wrote it. */
export class ExpressionError extends Error {
  readonly code: ExpressionErrorCode;
  readonly position: { start: number; end: number } | undefined;
  readonly path: string | undefined;
  readonly nearest: string | undefined;

  constructor(code: ExpressionErrorCode, message: string, detail: ExpressionErrorDetail = {}) {
    super(message);
    this.name = "ExpressionError";
    this.code = code;
    this.position = detail.position;
    this.path = detail.path;
    this.nearest = detail.nearest;
  }
}
