import { type Json, type JsonLimits, type JsonRefusal, jsonLimits, parseJson } from "@millrace/base";
import { presentPath } from "./lineage.ts";

/** A whole number that JavaScript would round: it was kept as text. `path` is like `items[0].id`. */
export type PayloadFinding = { path: string; kind: "unsafe_integer" };
export type PayloadParsed = { ok: true; value: Json; findings: PayloadFinding[] } | JsonRefusal;

const mostFindings = 100;

/**
 * Parses a request's JSON without ever losing digits: whole numbers beyond 2^53 become texts that hold the very digits,
 * each with a finding (the first 100). Never throws.
 */
export function parsePayload(text: string, limits: JsonLimits = jsonLimits): PayloadParsed {
  const quoted = quoteUnsafeIntegers(text, limits.keys);
  const parsed = parseJson(quoted.text, limits);
  if (!parsed.ok) {
    // The message may point into the text, and that must be the sender's, not ours.
    return quoted.text === text ? parsed : refusalFor(text, limits, parsed);
  }
  return { ...parsed, findings: quoted.changed === 0 ? [] : findTexts(parsed.value, quoted.texts) };
}

function refusalFor(text: string, limits: JsonLimits, fallback: JsonRefusal): JsonRefusal {
  const original = parseJson(text, limits);
  return original.ok ? fallback : original;
}

/** Marks a text as having been a number; JSON from outside can't hold a mark that is made afresh for each text. */
type Quoted = { text: string; changed: number; texts: ReadonlySet<string> };

/** More numbers than a text may have entries are left as they are, because it is refused. */
function quoteUnsafeIntegers(text: string, most: number): Quoted {
  const untouched: Quoted = { text, changed: 0, texts: new Set() };
  if (!/[0-9]{16}/.test(text)) return untouched;
  const texts = new Set<string>();
  const pieces: string[] = [];
  let from = 0;
  let index = 0;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code === 0x22) {
      index = afterString(text, index);
      continue;
    }
    if (code !== 0x2d && !isDigit(code)) {
      index++;
      continue;
    }
    const end = afterNumber(text, index);
    const number = end - index < 16 ? "" : text.slice(index, end);
    if (isUnsafeInteger(number)) {
      if (pieces.length > 2 * most) return untouched;
      pieces.push(text.slice(from, index), `"${number}"`);
      texts.add(number);
      from = end;
    }
    index = end;
  }
  if (texts.size === 0) return untouched;
  pieces.push(text.slice(from));
  return { text: pieces.join(""), changed: texts.size, texts };
}

const isDigit = (code: number) => code >= 48 && code <= 57;
/** Digits, `.`, `e`, `E`, `+` and `-`. */
const isNumberPart = (code: number) =>
  isDigit(code) || code === 0x2e || code === 0x65 || code === 0x45 || code === 0x2b || code === 0x2d;

function afterString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x5c) index++;
    else if (code === 0x22) return index + 1;
  }
  return text.length;
}

function afterNumber(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length && isNumberPart(text.charCodeAt(index))) index++;
  return index;
}

/** Only well-formed whole numbers: a fraction or exponent says that the sender means an approximate number. */
function isUnsafeInteger(number: string): boolean {
  return /^-?[1-9][0-9]{15,}$/.test(number) && !Number.isSafeInteger(Number(number));
}

/**
 * The places of the texts that were numbers. A sender's own text with the same digits is reported too: it reads the
 * same, and the finding only says that the value is text.
 */
function findTexts(root: Json, texts: ReadonlySet<string>): PayloadFinding[] {
  const findings: PayloadFinding[] = [];
  const open: { value: Json; path: (string | number)[] }[] = [{ value: root, path: [] }];
  while (open.length > 0 && findings.length < mostFindings) {
    const next = open.pop();
    if (!next) break;
    const { value, path } = next;
    if (typeof value === "string" && texts.has(value))
      findings.push({ path: presentPath(path), kind: "unsafe_integer" });
    if (typeof value !== "object" || value === null) continue;
    const children: [string | number, Json][] = Array.isArray(value)
      ? value.map((child, index) => [index, child])
      : Object.entries(value);
    for (const [key, child] of children.reverse()) open.push({ value: child, path: [...path, key] });
  }
  return findings;
}
