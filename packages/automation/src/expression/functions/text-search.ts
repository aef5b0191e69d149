import { pointCount, pointsBefore, unitAt } from "../code-points.ts";
import { invalidArgument } from "../fault.ts";
import { functionsOf } from "../function-entry.ts";

const define = functionsOf("text");

/** The code unit of a position within the text; a fault outside it. */
function position(text: string, point: number): number {
  const unit = Number.isInteger(point) ? unitAt(text, point) : -1;
  if (unit === -1) throw invalidArgument(`position ${point} lies outside a text of ${pointCount(text)} characters`);
  return unit;
}

/** What looks for a part of a text, or takes one out. */
export const textSearchFunctions = [
  define({
    name: "contains",
    form: "method",
    parameters: ["text: string", "part: string"],
    result: "bool",
    doc: "Whether the text has the part in it.",
    example: [`"hello".contains("ell")`, true],
    cost: "text",
    run: (budget, text, part) => {
      // The search may look at every letter of the part at many places, though it rarely does.
      budget.spendText(text.length * Math.min(4, part.length));
      return text.includes(part);
    },
  }),
  define({
    name: "startsWith",
    form: "method",
    parameters: ["text: string", "part: string"],
    result: "bool",
    doc: "Whether the text starts with the part.",
    example: [`"hello".startsWith("he")`, true],
    cost: "text",
    run: (_, text, part) => text.startsWith(part),
  }),
  define({
    name: "endsWith",
    form: "method",
    parameters: ["text: string", "part: string"],
    result: "bool",
    doc: "Whether the text ends with the part.",
    example: [`"hello".endsWith("lo")`, true],
    cost: "text",
    run: (_, text, part) => text.endsWith(part),
  }),
  define({
    name: "charAt",
    form: "method",
    parameters: ["text: string", "index: number"],
    result: "string",
    doc: "The character at an index, counted from 0.",
    example: [`"hello".charAt(1)`, "e"],
    cost: "slowText",
    run: (_, text, index) => {
      const unit = position(text, index);
      return unit === text.length ? "" : String.fromCodePoint(text.codePointAt(unit) ?? 0);
    },
  }),
  define({
    name: "indexOf",
    form: "method",
    parameters: ["text: string", "part: string", "from?: number"],
    result: "number",
    doc: "Where the part first stands, counted from 0; -1 if it doesn't.",
    example: [`"hello".indexOf("l")`, 2],
    cost: "slowText",
    run: (_, text, part, from = 0) => {
      const found = text.indexOf(part, position(text, from));
      return found === -1 ? -1 : pointsBefore(text, found);
    },
  }),
  define({
    name: "lastIndexOf",
    form: "method",
    parameters: ["text: string", "part: string", "from?: number"],
    result: "number",
    doc: "Where the part last stands, counted from 0; -1 if it doesn't.",
    example: [`"hello".lastIndexOf("l")`, 3],
    cost: "slowText",
    run: (_, text, part, from) => {
      const found = text.lastIndexOf(part, from === undefined ? text.length : position(text, from));
      return found === -1 ? -1 : pointsBefore(text, found);
    },
  }),
  define({
    name: "substring",
    form: "method",
    parameters: ["text: string", "start: number", "end?: number"],
    result: "string",
    doc: "The characters from start up to, but without, end (or to the end), counted from 0.",
    example: [`"hello".substring(1, 3)`, "el"],
    cost: "slowText",
    run: (_, text, start, end) => {
      const from = position(text, start);
      const to = end === undefined ? text.length : position(text, end);
      if (from > to) throw invalidArgument("the end lies before the start");
      return text.slice(from, to);
    },
  }),
];
