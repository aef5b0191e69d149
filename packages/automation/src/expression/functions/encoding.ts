import { parseJson } from "@millrace/base";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Budget } from "../budget.ts";
import { base64ToBytes, bytesToBase64, textOfUtf8, utf8 } from "../bytes.ts";
import { wellFormed } from "../code-points.ts";
import { invalidArgument, typeFault } from "../fault.ts";
import { functionsOf } from "../function-entry.ts";
import { printJson, printValue } from "../print.ts";
import { toPlainJson, type Value } from "../value.ts";

const define = functionsOf("encoding");

function bytesOf(budget: Budget, text: string): Uint8Array {
  budget.spendText(text.length);
  const bytes = utf8(text);
  budget.spend(bytes.length / 3);
  return bytes;
}

const encodeUrl = (text: string) => encodeURIComponent(wellFormed(text));
const toUrlForm = (base64: string) =>
  base64
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/={1,2}$/, "");

function encodeQuery(budget: Budget, map: { [key: string]: Value }): string {
  const pairs: string[] = [];
  for (const key of Object.keys(map)) {
    const value = map[key] as Value;
    if (value === null) continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one === null || (typeof one === "object" && !("toJSON" in one)))
        throw typeFault(`the query ${key.slice(0, 40)} must be text, a number or a bool`);
      const text = printValue(one, budget);
      budget.spend(4 + (key.length + text.length) / 2);
      pairs.push(`${encodeUrl(key)}=${encodeUrl(text)}`);
    }
  }
  return pairs.join("&");
}

const base64Doc = "The text's UTF-8 bytes in Base64.";
const base64DecodeDoc = "The text that Base64 stands for, in either alphabet; an error if it isn't UTF-8 text.";

export const encodingFunctions = [
  define({
    name: "base64.encode",
    form: "function",
    parameters: ["text: string"],
    result: "string",
    doc: base64Doc,
    example: [`base64.encode("hello")`, "aGVsbG8="],
    cost: "own",
    run: (budget, text) => {
      return bytesToBase64(bytesOf(budget, text));
    },
  }),
  define({
    name: "base64.decode",
    form: "function",
    parameters: ["text: string"],
    result: "string",
    doc: base64DecodeDoc,
    example: [`base64.decode("aGVsbG8=")`, "hello"],
    cost: "own",
    run: (budget, text) => {
      budget.spend(1 + text.length / 2);
      return textOfUtf8(base64ToBytes(text));
    },
  }),
  define({
    name: "base64Url.encode",
    form: "function",
    parameters: ["text: string"],
    result: "string",
    doc: "The text's UTF-8 bytes in Base64 for web addresses: - and _, no padding.",
    example: [`base64Url.encode("a?>")`, "YT8-"],
    cost: "own",
    run: (budget, text) => {
      return toUrlForm(bytesToBase64(bytesOf(budget, text)));
    },
  }),
  define({
    name: "base64Url.decode",
    form: "function",
    parameters: ["text: string"],
    result: "string",
    doc: base64DecodeDoc,
    example: [`base64Url.decode("YT8-")`, "a?>"],
    cost: "own",
    run: (budget, text) => {
      budget.spend(1 + text.length / 2);
      return textOfUtf8(base64ToBytes(text));
    },
  }),
  define({
    name: "hex.encode",
    form: "function",
    parameters: ["text: string"],
    result: "string",
    doc: "The text's UTF-8 bytes in hex.",
    example: [`hex.encode("hi")`, "6869"],
    cost: "own",
    run: (budget, text) => {
      return bytesToHex(bytesOf(budget, text));
    },
  }),
  define({
    name: "hex.decode",
    form: "function",
    parameters: ["text: string"],
    result: "string",
    doc: "The text that hex digits stand for; an error if it isn't UTF-8 text.",
    example: [`hex.decode("6869")`, "hi"],
    cost: "own",
    run: (budget, text) => {
      budget.spend(1 + text.length);
      if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text))
        throw invalidArgument("the text is not hex: two digits per byte");
      const bytes = new Uint8Array(text.length / 2);
      for (let index = 0; index < bytes.length; index++)
        bytes[index] = Number.parseInt(text.slice(2 * index, 2 * index + 2), 16);
      return textOfUtf8(bytes);
    },
  }),
  define({
    name: "urlEncode",
    form: "both",
    parameters: ["text: string"],
    result: "string",
    doc: "The text so that it can stand within a web address.",
    example: [`urlEncode("a b&c")`, "a%20b%26c"],
    cost: "own",
    run: (budget, text) => {
      budget.spend(1 + text.length * 1.5);
      return encodeUrl(text);
    },
  }),
  define({
    name: "urlDecode",
    form: "both",
    parameters: ["text: string"],
    result: "string",
    doc: "The text that a part of a web address stands for.",
    example: [`urlDecode("a%20b%26c")`, "a b&c"],
    cost: "own",
    run: (budget, text) => {
      budget.spend(1 + text.length / 2);
      try {
        return decodeURIComponent(text);
      } catch {
        throw invalidArgument("the text has a % that is not followed by two hex digits of UTF-8");
      }
    },
  }),
  define({
    name: "urlQuery",
    form: "both",
    parameters: ["map: map"],
    result: "string",
    doc: "A map as the query of a web address; nulls are left out, lists repeat their key.",
    example: [`urlQuery({"q": "a b", "page": 2})`, "q=a%20b&page=2"],
    cost: "elements",
    run: (budget, map) => encodeQuery(budget, map),
  }),
  define({
    name: "jsonEncode",
    form: "both",
    parameters: ["value: any"],
    result: "string",
    doc: "The value as JSON text.",
    example: [`jsonEncode({"a": [1, null]})`, '{"a":[1,null]}'],
    cost: "own",
    run: (budget, value) => printJson(toPlainJson(value, budget), budget),
  }),
  define({
    name: "jsonDecode",
    form: "both",
    parameters: ["text: string"],
    result: "any",
    doc: "The value that JSON text stands for.",
    example: [`jsonDecode("{\\"a\\": [1]}").a[0]`, 1],
    cost: "own",
    run: (budget, text) => {
      budget.spend(1 + text.length / 2);
      const parsed = parseJson(text);
      if (!parsed.ok) throw invalidArgument(`the text is not JSON: ${parsed.message.slice(0, 120)}`);
      return parsed.value;
    },
  }),
  define({
    name: "htmlEscape",
    form: "both",
    parameters: ["text: string"],
    result: "string",
    doc: "The text so that it can stand within HTML.",
    example: [`htmlEscape("a < b & c")`, "a &lt; b &amp; c"],
    cost: "own",
    run: (budget, text) => {
      budget.spend(1 + text.length / 2);
      return text.replace(/[&<>"']/g, (character) => escapes[character] ?? character);
    },
  }),
];

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
