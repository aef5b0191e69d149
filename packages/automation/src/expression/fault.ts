import type { Node } from "./syntax.ts";

export type ExpressionErrorCode =
  | "syntax"
  | "too_long"
  | "unknown_name"
  | "unknown_function"
  | "missing_path"
  | "type"
  | "invalid_argument"
  | "too_expensive";

/** What was asked for and not there: enough to name the path, found out only if the fault leaves the expression. */
export type Missing = { receiver: Node; key: string | number; among: unknown };

/**
 * An error inside an evaluation. It is not an `Error`: `||`, `exists` and their like absorb faults by the thousand, and
 * capturing a stack for each would cost far more than the work itself. What leaves an expression is an ExpressionError.
 */
export class Fault {
  readonly code: ExpressionErrorCode;
  readonly message: string;
  readonly missing: Missing | undefined;
  node: Node | undefined;

  constructor(code: ExpressionErrorCode, message: string, missing?: Missing) {
    this.code = code;
    this.message = message;
    this.missing = missing;
  }
}

export function invalidArgument(message: string): Fault {
  return new Fault("invalid_argument", message);
}

export function typeFault(message: string): Fault {
  return new Fault("type", message);
}
