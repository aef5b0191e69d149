import { type Budget, largestText } from "../budget.ts";
import { pointCount, unitAt } from "../code-points.ts";
import { Fault, invalidArgument, typeFault } from "../fault.ts";
import { functionsOf } from "../function-entry.ts";
import { printValue } from "../print.ts";
import type { Value } from "../value.ts";

const define = functionsOf("text");

function checkedLength(length: number): number {
  if (!(length <= largestText)) throw new Fault("too_expensive", `makes a text of more than ${largestText} characters`);
  return length;
}

function countLimit(limit: number | undefined): number {
  if (limit === undefined || limit < 0) return Number.POSITIVE_INFINITY;
  if (!Number.isInteger(limit)) throw invalidArgument("limit must be a whole number");
  return limit;
}

function split(budget: Budget, text: string, separator: string, limit: number): string[] {
  if (limit === 0) return [];
  if (separator === "") {
    budget.spend(text.length);
    const points = [...text];
    return points.length <= limit ? points : [...points.slice(0, limit - 1), points.slice(limit - 1).join("")];
  }
  const pieces: string[] = [];
  let from = 0;
  for (let at = text.indexOf(separator); at !== -1 && pieces.length < limit - 1; at = text.indexOf(separator, from)) {
    budget.spend(2);
    pieces.push(text.slice(from, at));
    from = at + separator.length;
  }
  pieces.push(text.slice(from));
  return pieces;
}

function replace(budget: Budget, text: string, old: string, replacement: string, limit: number): string {
  if (old === "") {
    budget.spend(text.length);
    const points = [...text];
    const times = Math.min(limit, points.length + 1);
    budget.spendText(checkedLength(text.length + times * replacement.length));
    const replaced = points.map((point, index) => (index < times ? replacement + point : point)).join("");
    return times > points.length ? replaced + replacement : replaced;
  }
  const pieces = split(budget, text, old, limit + 1);
  budget.spendText(checkedLength(text.length + (pieces.length - 1) * replacement.length));
  return pieces.join(replacement);
}

function pad(budget: Budget, text: string, length: number, fill: string): string {
  if (!Number.isInteger(length)) throw invalidArgument("length must be a whole number");
  if (fill === "") throw invalidArgument("the fill must not be empty");
  const missing = length - pointCount(text);
  if (missing <= 0) return "";
  budget.spendText(checkedLength(missing));
  const filled = fill.repeat(Math.ceil(missing / pointCount(fill)));
  return filled.slice(0, unitAt(filled, missing));
}

function join(budget: Budget, list: readonly Value[], separator: string): string {
  let length = 0;
  for (const value of list) {
    if (value === null) throw typeFault("join() can't take null; filter it out with .compact()");
    if (typeof value === "object") throw typeFault("join() takes texts, numbers and bools");
    length += separator.length + (typeof value === "string" ? value.length : 24);
    budget.spend(1);
  }
  budget.spendText(checkedLength(length));
  return list.map((value) => printValue(value, budget)).join(separator);
}

/** What takes texts apart, puts them together and makes them longer. */
export const textPartFunctions = [
  define({
    name: "replace",
    form: "method",
    parameters: ["text: string", "old: string", "new: string", "limit?: number"],
    result: "string",
    doc: "The text with every occurrence of old (or so many) replaced by new. For patterns use regex.replace.",
    example: [`"a-b-c".replace("-", "+")`, "a+b+c"],
    cost: "text",
    run: (budget, text, old, replacement, limit) => replace(budget, text, old, replacement, countLimit(limit)),
  }),
  define({
    name: "split",
    form: "method",
    parameters: ["text: string", "separator: string", "limit?: number"],
    result: "list",
    doc: "The parts of the text between separators; with a limit at most so many.",
    example: [`"a,b,c".split(",")`, ["a", "b", "c"]],
    cost: "text",
    run: (budget, text, separator, limit) => split(budget, text, separator, countLimit(limit)),
  }),
  define({
    name: "join",
    form: "method",
    parameters: ["list: list", "separator?: string"],
    result: "string",
    doc: "The texts, numbers and bools of a list in one text.",
    example: [`["a", "b"].join(", ")`, "a, b"],
    cost: "own",
    run: (budget, list, separator = "") => join(budget, list, separator),
  }),
  define({
    name: "lines",
    form: "method",
    parameters: ["text: string"],
    result: "list",
    doc: "The lines of the text.",
    example: [`"a\\nb".lines()`, ["a", "b"]],
    cost: "slowText",
    run: (budget, text) => split(budget, text.replaceAll("\r\n", "\n"), "\n", Number.POSITIVE_INFINITY),
  }),
  define({
    name: "padStart",
    form: "method",
    parameters: ["text: string", "length: number", "fill?: string"],
    result: "string",
    doc: "The text, filled up at its start to a length, with spaces if not said otherwise.",
    example: [`"7".padStart(3, "0")`, "007"],
    cost: "slowText",
    run: (budget, text, length, fill = " ") => pad(budget, text, length, fill) + text,
  }),
  define({
    name: "padEnd",
    form: "method",
    parameters: ["text: string", "length: number", "fill?: string"],
    result: "string",
    doc: "The text, filled up at its end to a length, with spaces if not said otherwise.",
    example: [`"7".padEnd(3, ".")`, "7.."],
    cost: "slowText",
    run: (budget, text, length, fill = " ") => text + pad(budget, text, length, fill),
  }),
  define({
    name: "repeat",
    form: "method",
    parameters: ["text: string", "times: number"],
    result: "string",
    doc: "The text so many times in a row.",
    example: [`"ab".repeat(2)`, "abab"],
    cost: "text",
    run: (budget, text, times) => {
      if (!Number.isInteger(times) || times < 0) throw invalidArgument("times must be a whole number from 0");
      budget.spendText(checkedLength(text.length * times));
      return text === "" ? "" : text.repeat(times);
    },
  }),
];
