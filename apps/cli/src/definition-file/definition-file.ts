import type { Definition } from "@millrace/automation";
import { Document, isScalar, LineCounter, parseDocument, Scalar, visit } from "yaml";
import { CliError, type FileIssue } from "../cli-error.ts";
import { exitCodes } from "../exit-code.ts";
import { losesDigits } from "../lost-digits.ts";
import { locate } from "./locate.ts";

/** A definition as it stands in a file: its data, and where in the text each place of it is. */
export type DefinitionFile = {
  data: unknown;
  /** Line and column of a path such as `steps[1].input.key`, or of the nearest place around it that exists. */
  locate(path: string): { line: number; column: number };
};

/**
 * Texts that the library's block style does not bring back as they were: space at the beginning, or at the end of a
 * line, tabs that look like indentation, and what YAML may take for a line end.
 */
const unsafeInBlock = /^\s|[^\S\n]$|[^\S\n]\n|\n *\t|[\r\u0085\u2028\u2029\ufeff]/;

/** A definition as YAML 1.2. Reading it back gives exactly the same data. */
export function presentDefinition(definition: Definition): string {
  const document = new Document(definition, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value === "string" && unsafeInBlock.test(scalar.value)) scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  // Nothing is ever folded: the library loses spaces in folded text.
  return document.toString({
    lineWidth: 0,
    blockQuote: "literal",
    doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
  });
}

/** Reads YAML or JSON, which is a part of YAML. Throws CliError with the line and column of each fault. */
export function parseDefinitionFile(text: string, file: string): DefinitionFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const issues: FileIssue[] = [...document.errors, ...document.warnings].map(({ message, pos }) => ({
    path: "",
    message,
    ...at(pos[0]),
  }));
  visit(document, {
    Scalar(_, { value, source, range }) {
      const fault = typeof value === "number" ? faultOfNumber(value, source ?? "") : undefined;
      if (fault) issues.push({ path: "", message: fault, ...at(range?.[0] ?? 0) });
    },
  });
  const data = issues.length > 0 ? undefined : toData(document, issues);
  if (issues.length > 0) throw unreadable(file, issues);
  return { data, locate: (path) => at(locate(document.contents, path)) };
}

/** JSON cannot hold these, and losing digits in silence would be worse than refusing. */
function faultOfNumber(value: number, source: string): string | undefined {
  if (!Number.isFinite(value)) return "This number has no JSON form. Write it as text, in quotes.";
  return losesDigits(source)
    ? "This number is too large and would lose digits. Write it as text, in quotes."
    : undefined;
}

function toData(document: ReturnType<typeof parseDocument>, issues: FileIssue[]): unknown {
  try {
    if (isScalar(document.contents) || document.contents === null) {
      issues.push({ path: "", message: "Expected millrace, name, trigger and steps.", line: 1, column: 1 });
      return undefined;
    }
    return document.toJS();
  } catch (error) {
    // Aliases that lead nowhere, or that would unfold beyond measure.
    issues.push({ path: "", message: error instanceof Error ? error.message : String(error), line: 1, column: 1 });
    return undefined;
  }
}

function unreadable(file: string, issues: readonly FileIssue[]): CliError {
  return new CliError({
    code: "definition_unreadable",
    message: `${file} cannot be read as YAML.`,
    exitCode: exitCodes.failure,
    issues,
    file,
  });
}
