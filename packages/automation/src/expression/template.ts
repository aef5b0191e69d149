import { Budget } from "./budget.ts";
import { type CompileOptions, evaluateRoot, resolveSource, type Scope, withExpressionErrors } from "./expression.ts";
import { ExpressionError } from "./expression-error.ts";
import { type LineagePath, presentPath } from "./lineage.ts";
import { concatenate } from "./operators.ts";
import { printValue } from "./print.ts";
import type { Node } from "./syntax.ts";
import type { Value } from "./value.ts";

/**
 * A field of a step. `literal` holds no expression; `expression` is exactly one `{{ … }}` and keeps its value's type;
 * `mixed` is text with expressions in it and gives text. To write `{{` as text, write `{{ "{{" }}`.
 */
export type CompiledTemplate = {
  kind: "literal" | "expression" | "mixed";
  paths: LineagePath[];
  /** Throws an ExpressionError and nothing else. */
  evaluate(scope: Scope, budget?: Budget): Value;
};

type Part = { text: string } | { source: string; root: Node; paths: LineagePath[] };

const mostExpressions = 200;

/** Throws an ExpressionError; its position counts from the start of the whole text. */
export function compileTemplate(text: string, options: CompileOptions = {}): CompiledTemplate {
  const pieces = splitTemplate(text);
  const parts = pieces.map((piece) => compilePiece(piece, options));
  const paths = mergePaths(parts);
  const [first] = parts;
  if (parts.every((part) => "text" in part)) return { kind: "literal", paths, evaluate: () => text };
  if (parts.length === 1 && first && "root" in first) {
    return {
      kind: "expression",
      paths,
      evaluate: (scope, budget = new Budget()) => evaluateRoot(first.root, first.source, scope, budget),
    };
  }
  return { kind: "mixed", paths, evaluate: (scope, budget = new Budget()) => evaluateMixed(parts, scope, budget) };
}

function evaluateMixed(parts: readonly Part[], scope: Scope, budget: Budget): string {
  let text = "";
  for (const part of parts) {
    const shown =
      "text" in part ? part.text : printPart(part, evaluateRoot(part.root, part.source, scope, budget), budget);
    text = withExpressionErrors(
      "",
      () => undefined,
      () => concatenate(text, shown, budget),
    );
  }
  return text;
}

function printPart({ root, source }: { root: Node; source: string }, value: Value, budget: Budget): string {
  if (value !== null)
    return withExpressionErrors(
      source,
      () => root,
      () => printValue(value, budget),
    );
  // Who writes `orValue(null)` has said what to do about nothing.
  if (root.kind === "orValue") return "";
  const path = root.origin ? presentPath(root.origin.segments) : source.slice(root.start, root.end).trim();
  throw new ExpressionError(
    "missing_path",
    `${path} is null, so there is no text to put here; write a default with .orValue(…), as in a.?b.orValue("").`,
    {
      position: { start: root.start, end: root.end },
      path,
    },
  );
}

type Piece = { text: string } | { source: string; offset: number };

function compilePiece(piece: Piece, options: CompileOptions): Part {
  if ("text" in piece) return piece;
  try {
    return { source: piece.source, ...resolveSource(piece.source, options) };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const position = error.position && {
      start: error.position.start + piece.offset,
      end: error.position.end + piece.offset,
    };
    throw new ExpressionError(error.code, error.message, {
      ...(position ? { position } : {}),
      ...(error.path === undefined ? {} : { path: error.path }),
      ...(error.nearest === undefined ? {} : { nearest: error.nearest }),
    });
  }
}

/** Texts and expressions in turn; empty texts are left out. */
function splitTemplate(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  let expressions = 0;
  while (from < text.length) {
    const open = text.indexOf("{{", from);
    if (open === -1) break;
    const close = closingBraces(text, open + 2);
    if (close === -1) {
      throw new ExpressionError(
        "syntax",
        `The {{ at character ${open + 1} has no }}; to write {{ as text, write {{ "{{" }}.`,
        {
          position: { start: open, end: Math.min(text.length, open + 2) },
        },
      );
    }
    if (++expressions > mostExpressions) {
      throw new ExpressionError("too_long", `A text may have ${mostExpressions} expressions.`, {
        position: { start: open, end: close },
      });
    }
    if (open > from) pieces.push({ text: text.slice(from, open) });
    pieces.push({ source: text.slice(open + 2, close), offset: open + 2 });
    from = close + 2;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

/** Where the `}}` stands that ends an expression; those in strings and map literals don't count. */
function closingBraces(text: string, from: number): number {
  let depth = 0;
  let index = from;
  while (index < text.length) {
    const character = text[index];
    if (character === '"' || character === "'") {
      const end = stringEnd(text, index);
      if (end === -1) return -1;
      index = end;
      continue;
    }
    if (character === "{") depth++;
    else if (character === "}") {
      if (depth === 0 && text[index + 1] === "}") return index;
      depth--;
    } else if (character === "/" && text[index + 1] === "/") {
      // A comment ends with its line, or with the expression it stands in.
      const lineEnd = text.indexOf("\n", index);
      const braces = text.indexOf("}}", index);
      if (braces === -1) return -1;
      index = lineEnd === -1 ? braces : Math.min(lineEnd, braces);
      continue;
    }
    index++;
  }
  return -1;
}

/** The index after the string that opens at `start`; -1 if it doesn't end. */
function stringEnd(text: string, start: number): number {
  const quote = text[start] ?? "";
  const mark = text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  for (let index = start + mark.length; index < text.length; index++) {
    if (text.startsWith(mark, index)) return index + mark.length;
    if (text[index] === "\\") index++;
  }
  return -1;
}

function mergePaths(parts: readonly Part[]): LineagePath[] {
  const merged = new Map<string, LineagePath>();
  for (const part of parts) {
    if ("text" in part) continue;
    for (const path of part.paths) {
      const known = merged.get(path.text);
      merged.set(path.text, known ? { ...path, optional: known.optional && path.optional } : path);
    }
  }
  return [...merged.values()];
}
