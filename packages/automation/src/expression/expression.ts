import type { Json } from "@millrace/base";
import { Budget } from "./budget.ts";
import { Evaluation } from "./evaluate.ts";
import { ExpressionError } from "./expression-error.ts";
import { Fault } from "./fault.ts";
import { type LineagePath, presentPath } from "./lineage.ts";
import { describeMissing } from "./missing-path.ts";
import { Resolver, scopeNames } from "./resolve.ts";
import { type Node, parseSource } from "./syntax.ts";
import { Optional, type Value } from "./value.ts";

export { ExpressionError };

/** What expressions read: `trigger`, `steps`, `run`, `automation`, and inside loops `item` and `index`. Never changed, never copied. */
export type Scope = Readonly<Record<string, Json | Value>>;

export type CompileOptions = { names?: readonly string[] };

export type CompiledExpression = {
  source: string;
  /** The paths of the scope it reads. */
  paths: LineagePath[];
  /** Throws an ExpressionError and nothing else. */
  evaluate(scope: Scope, budget?: Budget): Value;
};

/** Throws an ExpressionError `syntax`, `too_long`, `unknown_function` or `unknown_name`. */
export function compileExpression(source: string, options: CompileOptions = {}): CompiledExpression {
  const { root, paths } = resolveSource(source, options);
  return { source, paths, evaluate: (scope, budget = new Budget()) => evaluateRoot(root, source, scope, budget) };
}

export function resolveSource(
  source: string,
  { names = scopeNames }: CompileOptions,
): { root: Node; paths: LineagePath[] } {
  const resolver = new Resolver(names);
  const root = resolver.value(parseSource(source));
  return { root, paths: resolver.lineage.list() };
}

export function evaluateRoot(root: Node, source: string, scope: Scope, budget: Budget): Value {
  const evaluation = new Evaluation(scope, budget);
  return withExpressionErrors(
    source,
    () => evaluation.at,
    () => {
      const result = evaluation.result(root, undefined);
      if (!(result instanceof Optional)) return result;
      if (result.held !== undefined) return result.held;
      throw missingOptional(root, source);
    },
  );
}

function missingOptional(root: Node, source: string): ExpressionError {
  const text = root.origin ? presentPath(root.origin.segments) : shorten(source.slice(root.start, root.end));
  return new ExpressionError("missing_path", `${text} is not there; end it with .orValue(…) to say what to use then.`, {
    position: { start: root.start, end: root.end },
    path: text,
  });
}

/** Faults become errors here, at the edge, with the place they come from. */
export function withExpressionErrors<T>(source: string, at: () => Node | undefined, work: () => T): T {
  try {
    return work();
  } catch (fault) {
    if (fault instanceof ExpressionError) throw fault;
    if (fault instanceof RangeError)
      throw new ExpressionError("too_expensive", "The expression works on data that is nested too deeply.");
    if (!(fault instanceof Fault)) throw fault;
    throw toExpressionError(fault, source, fault.node ?? at());
  }
}

function toExpressionError(fault: Fault, source: string, node: Node | undefined): ExpressionError {
  const position = node ? { position: { start: node.start, end: node.end } } : {};
  if (fault.missing) {
    const { message, path, nearest } = describeMissing(fault.missing, source);
    return new ExpressionError(fault.code, message, {
      ...position,
      path,
      ...(nearest === undefined ? {} : { nearest }),
    });
  }
  const where = node && source ? ` (in ${shorten(source.slice(node.start, node.end))})` : "";
  return new ExpressionError(fault.code, `${capitalize(fault.message)}${where}.`, position);
}

const capitalize = (text: string) =>
  /^[a-z]/.test(text) && !/^[a-z][A-Za-z.]*\(/.test(text) ? text[0]?.toUpperCase() + text.slice(1) : text;
const shorten = (text: string) => (text.length > 80 ? `${text.slice(0, 77)}…` : text);
