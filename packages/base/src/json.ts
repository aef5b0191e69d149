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
 * Parses JSON from the outside within limits on depth and on the number of object keys and list elements.
 * Never throws. Objects keep every key as an own property, because `JSON.parse` defines and never assigns them.
 */
export function parseJson(text: string, limits: JsonLimits = jsonLimits): JsonParsed {
  const unmarked = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const depth = nesting(unmarked);
  if (depth > limits.depth) {
    return { ok: false, reason: "too_deep", message: `nested ${depth} levels deep; the limit is ${limits.depth}` };
  }
  let value: Json;
  try {
    value = JSON.parse(unmarked) as Json;
  } catch (error) {
    return { ok: false, reason: "malformed", message: (error as Error).message };
  }
  const keys = countEntries(value, limits.keys);
  if (keys > limits.keys) {
    return { ok: false, reason: "too_many_keys", message: `more than ${limits.keys} keys and elements` };
  }
  return { ok: true, value };
}

/** The deepest nesting of brackets outside strings, found without recursion so that hostile text can't exhaust the stack. */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth++;
      if (depth > deepest) deepest = depth;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return deepest;
}

function countEntries(root: Json, stopAfter: number): number {
  let count = 0;
  const open: Json[] = [root];
  while (open.length > 0 && count <= stopAfter) {
    const value = open.pop();
    if (typeof value !== "object" || value === null) continue;
    const children = Array.isArray(value) ? value : Object.values(value);
    count += children.length;
    if (count > stopAfter) break;
    for (const child of children) open.push(child);
  }
  return count;
}
