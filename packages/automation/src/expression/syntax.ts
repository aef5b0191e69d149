import { Environment, ParseError } from "@marcbachmann/cel-js";
import { ExpressionError } from "./expression-error.ts";
import type { FunctionEntry } from "./function-entry.ts";
import type { Segment } from "./lineage.ts";

/** Code units of source. Longer expressions belong into several steps. */
const longestSource = 4096;
const mostNodes = 500;
const deepestSyntax = 100;

type LibraryNode = ReturnType<Environment["parse"]>["ast"];

export type { LibraryNode };

/** Where a value comes from in the scope, if that can be told from the syntax. */
export type Origin = { segments: readonly Segment[]; optional: boolean; reordered: boolean };

export type BinaryOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "+" | "-" | "*" | "/" | "%";
export type Macro =
  | "all"
  | "exists"
  | "exists_one"
  | "map"
  | "filter"
  | "sortBy"
  | "groupBy"
  | "transformMap"
  | "transformList";

type At = { start: number; end: number; origin?: Origin | undefined };

/** Our own syntax tree: names and functions are resolved, macros are nodes. */
export type Node = At &
  (
    | { kind: "literal"; value: null | boolean | number | string }
    | { kind: "name"; name: string }
    | { kind: "local"; name: string }
    | { kind: "select"; target: Node; key: string; optional: boolean }
    | { kind: "index"; target: Node; index: Node; optional: boolean }
    | { kind: "list"; elements: Node[] }
    | { kind: "map"; entries: [Node, Node][] }
    | { kind: "not"; operand: Node }
    | { kind: "negate"; operand: Node }
    | { kind: "and"; left: Node; right: Node }
    | { kind: "or"; left: Node; right: Node }
    | { kind: "conditional"; condition: Node; consequent: Node; alternate: Node }
    | { kind: "binary"; operator: BinaryOperator; left: Node; right: Node }
    | { kind: "call"; name: string; candidates: readonly FunctionEntry[]; args: Node[] }
    | { kind: "has"; target: Node; key: string }
    | {
        kind: "macro";
        macro: Macro;
        range: Node;
        variable: string;
        second: string | undefined;
        filter: Node | undefined;
        body: Node;
      }
    | { kind: "bind"; variable: string; value: Node; body: Node }
    | { kind: "optMap"; target: Node; variable: string; body: Node; flat: boolean }
    | { kind: "orValue"; target: Node; fallback: Node }
    | { kind: "orOptional"; target: Node; alternative: Node }
  );

const environment = new Environment({
  unlistedVariablesAreDyn: true,
  enableOptionalTypes: true,
  limits: {
    maxAstNodes: mostNodes,
    maxDepth: deepestSyntax,
    maxListElements: 500,
    maxMapEntries: 500,
    maxCallArguments: 32,
  },
});

/** The library's parser, its limits on. Throws an ExpressionError `too_long` or `syntax`. */
export function parseSource(source: string): LibraryNode {
  if (source.length > longestSource) {
    throw new ExpressionError(
      "too_long",
      `An expression may have ${longestSource} characters; this one has ${source.length}.`,
    );
  }
  if (source.trim() === "")
    throw new ExpressionError("syntax", "The expression is empty.", { position: { start: 0, end: source.length } });
  try {
    return environment.parse(source).ast;
  } catch (error) {
    if (error instanceof RangeError) throw new ExpressionError("syntax", "The expression is nested too deeply.");
    if (!(error instanceof ParseError)) throw error;
    throw syntaxError(error, source);
  }
}

function syntaxError(error: ParseError, source: string): ExpressionError {
  const start = Math.min(error.range?.start ?? 0, source.length);
  const end = Math.max(start, Math.min(error.range?.end ?? start, source.length));
  if (error.code === "limit_exceeded") {
    return new ExpressionError(
      "too_long",
      `The expression is too large: ${error.summary}. Split it over several steps.`,
      { position: { start, end } },
    );
  }
  return new ExpressionError(
    "syntax",
    `${error.summary.replace(/\bEOF\b/, "the end of the expression")} at character ${start + 1}.`,
    { position: { start, end } },
  );
}
