/** A value as JSON can hold it. Objects may have any key, `__proto__` and `constructor` included. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

export type JsonLimits = { depth: number; keys: number };

/** Deeper or wider bodies are kept as received, but not opened: V8 parses them, then fails to print them back. */
export const jsonLimits: JsonLimits = { depth: 64, keys: 10_000 };

export type JsonRefusal = { ok: false; reason: "malformed" | "too_deep" | "too_many_keys"; message: string };
export type JsonParsed = { ok: true; value: Json } | JsonRefusal;

/** Own data properties only, so that a key named `__proto__` is a key and nothing else. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Parses JSON from the outside within limits on depth and on the number of object keys and list elements (a key that comes
 * twice counts twice). What is beyond them is never built in memory, where an empty object takes ten times the room of its text.
 * Never throws. Objects keep every key as an own property, because `JSON.parse` defines and never assigns them.
 */
export function parseJson(text: string, limits: JsonLimits = jsonLimits): JsonParsed {
  const unmarked = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const { depth, entries } = outline(unmarked);
  if (depth > limits.depth) {
    return { ok: false, reason: "too_deep", message: `nested ${depth} levels deep; the limit is ${limits.depth}` };
  }
  if (entries > limits.keys) {
    return { ok: false, reason: "too_many_keys", message: `more than ${limits.keys} keys and elements` };
  }
  try {
    return { ok: true, value: JSON.parse(unmarked) as Json };
  } catch (error) {
    return { ok: false, reason: "malformed", message: (error as Error).message };
  }
}

/**
 * The deepest nesting of brackets outside strings, and the keys and elements in all of them: one for each comma and one more
 * where there is anything between two brackets. Found without recursion so that hostile text can't exhaust the stack.
 */
function outline(text: string): { depth: number; entries: number } {
  let depth = 0;
  let deepest = 0;
  let entries = 0;
  let inString = false;
  let afterOpening = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index++;
      else if (code === 0x22) inString = false;
      continue;
    }
    if (isBlank(code)) continue;
    const isClosing = code === 0x7d || code === 0x5d;
    if (code === 0x2c || (afterOpening && !isClosing)) entries++;
    afterOpening = code === 0x7b || code === 0x5b;
    if (afterOpening) {
      depth++;
      if (depth > deepest) deepest = depth;
    } else if (isClosing) depth--;
    else if (code === 0x22) inString = true;
  }
  return { depth: deepest, entries };
}

/** Space, tab and the ends of lines: RFC 8259 section 2. */
const isBlank = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
