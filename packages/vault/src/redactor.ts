import { isJsonObject, type Json, type JsonObject } from "@millrace/base";
import { createPhraseFinder, type PhraseFinder } from "./phrase-finder.ts";
import { formsOf } from "./secret-forms.ts";

/** What stands where a secret stood. */
export const redactedMark = "[redacted]";

/** Shorter values are not searched for, because they would turn up everywhere. Warn when one is saved as a secret. */
export const minimumSecretLength = 6;

/** Far beyond what parsing lets in or storing can hold; what lies deeper is dropped, so that recursion can't exhaust the stack. */
const deepestLevel = 500;

/** A name and a password that may travel together, as in `Authorization: Basic` or `https://user:password@host`. */
export type CredentialPair = { username: string; password: string };

export interface Redactor {
  /** The same string when it holds no secret. */
  redactText(text: string): string;
  /** Keys, strings and numbers at any depth; the same reference when nothing in it is secret. */
  redactJson(json: Json): Json;
}

/**
 * Replaces secrets by exact value, in every form of `formsOf`; use it on whatever is stored, logged or streamed.
 * A secret split over several strings (two elements of a list) is not found: redact before cutting text, never after.
 */
export function createRedactor(
  secrets: Iterable<string>,
  { pairs = [] }: { pairs?: Iterable<CredentialPair> } = {},
): Redactor {
  const searched = new Set(secrets);
  for (const { username, password } of pairs) searched.add(`${username}:${password}`);
  const phrases = new Set<string>();
  for (const secret of searched) {
    if (secret.length < minimumSecretLength) continue;
    for (const form of formsOf(secret)) if (form.length >= minimumSecretLength) phrases.add(form);
  }
  if (phrases.size === 0) return { redactText: (text) => text, redactJson: (json) => json };
  const redactText = textRedactor(createPhraseFinder([...phrases]));
  return { redactText, redactJson: (json) => redactValue(json, redactText, 0) };
}

function textRedactor(finder: PhraseFinder): (text: string) => string {
  return (text) => {
    if (text.length < minimumSecretLength) return text;
    const spans = finder.find(text);
    if (spans.length === 0) return text;
    let redacted = "";
    let position = 0;
    for (const { start, end } of spans) {
      redacted += text.slice(position, start) + redactedMark;
      position = end;
    }
    redacted += text.slice(position);
    // The mark and what is left beside it can spell a secret again. It then tells too much, so nothing is kept.
    return finder.find(redacted).length === 0 ? redacted : redactedMark;
  };
}

function redactValue(json: Json, redactText: (text: string) => string, level: number): Json {
  if (typeof json === "string") return redactText(json);
  if (typeof json === "number") {
    const text = String(json);
    const redacted = redactText(text);
    return redacted === text ? json : redacted;
  }
  if (typeof json !== "object" || json === null) return json;
  if (level >= deepestLevel) return redactedMark;
  if (isJsonObject(json)) return redactObject(json, redactText, level);
  let isChanged = false;
  const elements = json.map((element) => {
    const redacted = redactValue(element, redactText, level + 1);
    if (redacted !== element) isChanged = true;
    return redacted;
  });
  return isChanged ? elements : json;
}

function redactObject(object: JsonObject, redactText: (text: string) => string, level: number): JsonObject {
  let isChanged = false;
  const entries = Object.entries(object).map(([key, value]): [key: string, value: Json] => {
    const entry: [string, Json] = [redactText(key), redactValue(value, redactText, level + 1)];
    if (entry[0] !== key || entry[1] !== value) isChanged = true;
    return entry;
  });
  if (!isChanged) return object;
  const distinct = new Map<string, Json>();
  for (const [key, value] of entries) distinct.set(freeKey(key, distinct), value);
  // `fromEntries` defines and never assigns: a key named `__proto__` stays a key.
  return Object.fromEntries(distinct);
}

/** Two secret keys would both become the mark; numbering them keeps both values. */
function freeKey(key: string, taken: ReadonlyMap<string, Json>): string {
  let free = key;
  for (let number = 2; taken.has(free); number++) free = `${key} ${number}`;
  return free;
}
