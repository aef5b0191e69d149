import type { Budget } from "../budget.ts";
import { compare } from "../equality.ts";
import { invalidArgument, typeFault } from "../fault.ts";
import { functionsOf } from "../function-entry.ts";
import { type Result, typeOfValue, type Value } from "../value.ts";

const define = functionsOf("number");

const noNegativeZero = (number: number) => (number === 0 ? 0 : number);

/** Half away from zero, at a digit after the point; works on the digits one sees, so 1.005 rounds to 1.01. */
function roundTo(number: number, digits: number): number {
  if (!Number.isInteger(digits) || digits < 0 || digits > 15)
    throw invalidArgument("digits must be a whole number from 0 to 15");
  const [mantissa = "0", exponent = "0"] = String(Math.abs(number)).split("e");
  const shifted = Number(`${mantissa}e${Number(exponent) + digits}`);
  if (!Number.isSafeInteger(Math.trunc(shifted))) return number;
  const rounded = Number(`${Math.floor(shifted + 0.5)}e${-digits}`);
  return noNegativeZero(number < 0 ? -rounded : rounded);
}

/** The largest (direction 1) or smallest (-1) of the values, or of the one list among them. */
function extreme(values: readonly Value[], direction: 1 | -1, budget: Budget): Result {
  const [only] = values;
  const candidates = values.length === 1 && Array.isArray(only) ? only : values;
  budget.spend(candidates.length);
  let best: Value | undefined;
  for (const value of candidates) {
    if (typeof value !== "number") throw typeFault(`takes numbers, not a ${typeOfValue(value)}`);
    if (best === undefined || compare(value, best, budget) * direction > 0) best = value;
  }
  if (best === undefined) throw invalidArgument("an empty list has no largest or smallest element");
  return best;
}

const unary = (name: string, doc: string, example: [string, number], run: (number: number) => number) =>
  define({
    name,
    form: "both",
    parameters: ["number: number"],
    result: "number",
    doc,
    example,
    cost: "constant",
    run: (_, number) => noNegativeZero(run(number)),
  });

/** CEL's math extension calls them as functions of `math`. */
const inMath = (name: string, doc: string, example: [string, number], run: (number: number) => number) =>
  define({
    name: `math.${name}`,
    form: "function",
    parameters: ["number: number"],
    result: "number",
    doc,
    example,
    cost: "constant",
    run: (_, number) => noNegativeZero(run(number)),
  });

export const numberFunctions = [
  define({
    name: "round",
    form: "both",
    parameters: ["number: number", "digits?: number"],
    result: "number",
    doc: "Rounds to a number of digits after the point (none if not said); half away from zero.",
    example: [`round(2.345, 2)`, 2.35],
    cost: "constant",
    run: (_, number, digits = 0) => roundTo(number, digits),
  }),
  unary("floor", "The next whole number below.", [`floor(2.7)`, 2], Math.floor),
  unary("ceil", "The next whole number above.", [`ceil(2.1)`, 3], Math.ceil),
  unary("abs", "The number without its sign.", [`abs(-2)`, 2], Math.abs),
  define({
    name: "clamp",
    form: "both",
    parameters: ["number: number", "low: number", "high: number"],
    result: "number",
    doc: "The number, or the nearer limit where it lies outside.",
    example: [`clamp(12, 0, 10)`, 10],
    cost: "constant",
    run: (_, number, low, high) => {
      if (low > high) throw invalidArgument("the low limit is above the high one");
      return Math.min(Math.max(number, low), high);
    },
  }),
  define({
    name: "math.greatest",
    form: "function",
    parameters: ["first: number|list", "...others: number"],
    result: "number",
    doc: "The largest of the numbers, or of a list of numbers.",
    example: [`math.greatest(1, 3, 2)`, 3],
    cost: "constant",
    run: (budget, first, ...others) => extreme([first, ...others], 1, budget),
  }),
  define({
    name: "math.least",
    form: "function",
    parameters: ["first: number|list", "...others: number"],
    result: "number",
    doc: "The smallest of the numbers, or of a list of numbers.",
    example: [`math.least([3, 1, 2])`, 1],
    cost: "constant",
    run: (budget, first, ...others) => extreme([first, ...others], -1, budget),
  }),
  inMath("round", "The nearest whole number; half away from zero.", [`math.round(-1.5)`, -2], (number) =>
    roundTo(number, 0),
  ),
  inMath("floor", "The next whole number below.", [`math.floor(-1.5)`, -2], Math.floor),
  inMath("ceil", "The next whole number above.", [`math.ceil(1.2)`, 2], Math.ceil),
  inMath("trunc", "What stands before the point.", [`math.trunc(-1.8)`, -1], Math.trunc),
  inMath("abs", "The number without its sign.", [`math.abs(-1)`, 1], Math.abs),
  inMath("sign", "-1, 0 or 1.", [`math.sign(-7)`, -1], Math.sign),
  inMath("sqrt", "The square root.", [`math.sqrt(9)`, 3], (number) => {
    if (number < 0) throw invalidArgument("a negative number has no square root");
    return Math.sqrt(number);
  }),
];
