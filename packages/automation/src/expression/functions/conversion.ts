import { pointCount } from "../code-points.ts";
import { parseDuration } from "../duration-text.ts";
import { invalidArgument } from "../fault.ts";
import { functionsOf } from "../function-entry.ts";
import { checkedEpochMs, parseTimestamp } from "../timestamp-text.ts";
import { Duration, Timestamp, typeOfValue } from "../value.ts";
import { parseDecimalText } from "./decimal-text.ts";

const define = functionsOf("conversion");

/** Parsers refuse long texts at once, so their work is bounded. */
const parsingUnits = 20;

export const conversionFunctions = [
  define({
    name: "size",
    form: "both",
    parameters: ["value: string|list|map"],
    result: "number",
    doc: "How many characters a text, elements a list or entries a map has.",
    example: [`size("héllo")`, 5],
    cost: "elements",
    run: (budget, value) => {
      if (typeof value === "string") {
        budget.spend(value.length / 8);
        return pointCount(value);
      }
      return Array.isArray(value) ? value.length : Object.keys(value).length;
    },
  }),
  define({
    name: "string",
    form: "function",
    parameters: ["value: string|number|bool|timestamp|duration"],
    result: "string",
    doc: "A number, bool, timestamp or duration as text. For lists and maps use jsonEncode.",
    example: [`string(12.5)`, "12.5"],
    cost: "constant",
    run: (_, value) => String(value),
  }),
  define({
    name: "double",
    form: "function",
    parameters: ["value: number|string"],
    result: "number",
    doc: "A text such as 12.5 or 1e3 as a number.",
    example: [`double("12.5")`, 12.5],
    cost: "own",
    run: (budget, value) => {
      budget.spend(parsingUnits);
      return typeof value === "number" ? value : parseDecimalText(value);
    },
  }),
  define({
    name: "int",
    form: "function",
    parameters: ["value: number|string|timestamp"],
    result: "number",
    doc: "A whole number: of a number what stands before the point, of a text its digits, of a timestamp its seconds since 1970.",
    example: [`int(7.9)`, 7],
    cost: "own",
    run: (budget, value) => {
      budget.spend(parsingUnits);
      if (value instanceof Timestamp) return Math.floor(value.epochMs / 1000);
      if (typeof value === "string" && !/^[+-]?[0-9]{1,20}$/.test(value))
        throw invalidArgument(`${quote(value)} is not a whole number`);
      const whole = Math.trunc(Number(value));
      if (!Number.isSafeInteger(whole)) throw invalidArgument("the number is too large to be kept exactly");
      return whole === 0 ? 0 : whole;
    },
  }),
  define({
    name: "bool",
    form: "function",
    parameters: ["value: bool|string"],
    result: "bool",
    doc: "The texts true, t, 1 and false, f, 0 as a bool.",
    example: [`bool("true")`, true],
    cost: "constant",
    run: (_, value) => {
      if (typeof value === "boolean") return value;
      if (["true", "True", "TRUE", "t", "1"].includes(value)) return true;
      if (["false", "False", "FALSE", "f", "0"].includes(value)) return false;
      throw invalidArgument(`${quote(value)} is neither true nor false`);
    },
  }),
  define({
    name: "typeName",
    form: "function",
    parameters: ["value: any"],
    result: "string",
    doc: "The name of a value's type: null, bool, number, string, timestamp, duration, list or map.",
    example: [`typeName([1])`, "list"],
    cost: "constant",
    run: (_, value) => typeOfValue(value),
  }),
  define({
    name: "dyn",
    form: "function",
    parameters: ["value: any"],
    result: "any",
    doc: "The value itself. CEL has it to turn off type checks; here it changes nothing.",
    example: [`dyn(1)`, 1],
    cost: "constant",
    run: (_, value) => value,
  }),
  define({
    name: "timestamp",
    form: "function",
    parameters: ["value: string|number|timestamp"],
    result: "timestamp",
    doc: "A moment: from RFC 3339 text with an offset, or from seconds since 1970. For other formats use parseDate.",
    example: [`timestamp("2026-01-02T03:04:05+02:00")`, "2026-01-02T01:04:05Z"],
    cost: "own",
    run: (budget, value) => {
      budget.spend(parsingUnits);
      if (value instanceof Timestamp) return value;
      return new Timestamp(typeof value === "string" ? parseTimestamp(value) : checkedEpochMs(value * 1000));
    },
  }),
  define({
    name: "duration",
    form: "function",
    parameters: ["value: string|duration"],
    result: "duration",
    doc: "A length of time from text such as 90s, 1h30m or 250ms.",
    example: [`duration("1h30m")`, "5400s"],
    cost: "own",
    run: (budget, value) => {
      budget.spend(parsingUnits);
      return value instanceof Duration ? value : new Duration(parseDuration(value));
    },
  }),
  define({
    name: "fail",
    form: "function",
    parameters: ["message: string"],
    result: "any",
    doc: "Ends the expression with an error of your own words.",
    example: [`true ? "ok" : fail("no order number")`, "ok"],
    cost: "constant",
    run: (_, message) => {
      throw invalidArgument(message.slice(0, 200));
    },
  }),
];

const quote = (text: string) => JSON.stringify(text.slice(0, 40));
