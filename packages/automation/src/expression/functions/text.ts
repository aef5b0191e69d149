import { pointCount, unitAt } from "../code-points.ts";
import { invalidArgument } from "../fault.ts";
import { functionsOf } from "../function-entry.ts";
import { quoteText } from "./quote-text.ts";
import { stripHtml } from "./strip-html.ts";

const define = functionsOf("text");

/** Unicode's white space, as CEL trims it; JavaScript's own `trim` also takes U+FEFF and leaves U+0085. */
function trimWhiteSpace(text: string): string {
  const isSpace = (index: number) => isWhiteSpace(text.charCodeAt(index));
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(start)) start++;
  while (end > start && isSpace(end - 1)) end--;
  return text.slice(start, end);
}

/** Unicode's property White_Space. */
function isWhiteSpace(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 9 && code <= 13);
  return (
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    [0x2028, 0x2029, 0x202f, 0x205f, 0x3000].includes(code)
  );
}

export const textFunctions = [
  define({
    name: "trim",
    form: "method",
    parameters: ["text: string"],
    result: "string",
    doc: "The text without spaces and line breaks at either end.",
    example: [`"  hi ".trim()`, "hi"],
    cost: "slowText",
    run: (_, text) => trimWhiteSpace(text),
  }),
  define({
    name: "lower",
    form: "method",
    parameters: ["text: string"],
    result: "string",
    doc: "The text in lower case, in every alphabet.",
    example: [`"ÄB".lower()`, "äb"],
    cost: "slowText",
    run: (_, text) => text.toLowerCase(),
  }),
  define({
    name: "upper",
    form: "method",
    parameters: ["text: string"],
    result: "string",
    doc: "The text in upper case, in every alphabet.",
    example: [`"äb".upper()`, "ÄB"],
    cost: "slowText",
    run: (_, text) => text.toUpperCase(),
  }),
  define({
    name: "lowerAscii",
    form: "method",
    parameters: ["text: string"],
    result: "string",
    doc: "The text with A to Z in lower case; other letters stay.",
    example: [`"ÄB".lowerAscii()`, "Äb"],
    cost: "slowText",
    run: (_, text) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()),
  }),
  define({
    name: "upperAscii",
    form: "method",
    parameters: ["text: string"],
    result: "string",
    doc: "The text with a to z in upper case; other letters stay.",
    example: [`"äb".upperAscii()`, "äB"],
    cost: "slowText",
    run: (_, text) => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase()),
  }),
  define({
    name: "capitalize",
    form: "method",
    parameters: ["text: string"],
    result: "string",
    doc: "The text with its first letter in upper case.",
    example: [`"hello there".capitalize()`, "Hello there"],
    cost: "text",
    run: (_, text) => {
      const first = text.codePointAt(0);
      if (first === undefined) return text;
      const letter = String.fromCodePoint(first);
      return letter.toUpperCase() + text.slice(letter.length);
    },
  }),
  define({
    name: "reverse",
    form: "method",
    parameters: ["text: string"],
    result: "string",
    doc: "The characters in reverse order.",
    example: [`"abc".reverse()`, "cba"],
    cost: "slowText",
    run: (budget, text) => {
      budget.spend(text.length);
      return [...text].reverse().join("");
    },
  }),
  define({
    name: "truncate",
    form: "method",
    parameters: ["text: string", "length: number", "ending?: string"],
    result: "string",
    doc: "The text cut to a length, ending included; the ending is … if not said otherwise.",
    example: [`"hello world".truncate(6)`, "hello…"],
    cost: "slowText",
    run: (_, text, length, ending = "…") => {
      if (!Number.isInteger(length) || length < 0) throw invalidArgument("length must be a whole number from 0");
      if (pointCount(text) <= length) return text;
      const room = length - pointCount(ending);
      if (room < 0) throw invalidArgument("the ending is longer than the length");
      return text.slice(0, unitAt(text, room)) + ending;
    },
  }),
  define({
    name: "slug",
    form: "method",
    parameters: ["text: string"],
    result: "string",
    doc: "The text as part of a web address: lower case letters, digits and hyphens.",
    example: [`"Crème Brûlée, today!".slug()`, "creme-brulee-today"],
    cost: "own",
    run: (budget, text) => {
      budget.spend(1 + text.length * 4);
      const plain = text
        .normalize("NFKD")
        .toLowerCase()
        .replace(/\p{Mark}+/gu, "");
      return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
    },
  }),
  define({
    name: "stripHtml",
    form: "method",
    parameters: ["text: string"],
    result: "string",
    doc: "The text of an HTML page or fragment, without tags, scripts and styles.",
    example: [`"<p>Hello &amp; <b>welcome</b></p>".stripHtml()`, "Hello & welcome"],
    cost: "own",
    run: (budget, text) => {
      budget.spend(1 + text.length / 2);
      return stripHtml(text);
    },
  }),
  define({
    name: "strings.quote",
    form: "function",
    parameters: ["text: string"],
    result: "string",
    doc: "The text as a CEL string in double quotes.",
    example: [`strings.quote("a\\nb")`, '"a\\nb"'],
    cost: "slowText",
    run: (budget, text) => {
      budget.spend(text.length / 2);
      return quoteText(text);
    },
  }),
];
