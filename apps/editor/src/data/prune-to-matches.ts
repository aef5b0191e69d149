import { isJsonObject, type Json } from "@millrace/base";

/**
 * A copy that keeps the entries whose name or value fits, and what leads to them; undefined where nothing does. Lists
 * stay whole where one element fits, because their elements' places are part of their paths.
 */
export function pruneToMatches(value: Json, query: string): Json | undefined {
  const wanted = query.trim().toLowerCase();
  return wanted === "" ? value : prune(value, wanted);
}

function prune(value: Json, wanted: string): Json | undefined {
  if (Array.isArray(value)) return value.some((item) => prune(item, wanted) !== undefined) ? value : undefined;
  if (!isJsonObject(value)) return String(value).toLowerCase().includes(wanted) ? value : undefined;
  const kept = Object.entries(value).flatMap(([key, child]): [string, Json][] => {
    if (key.toLowerCase().includes(wanted)) return [[key, child]];
    const found = prune(child, wanted);
    return found === undefined ? [] : [[key, found]];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
