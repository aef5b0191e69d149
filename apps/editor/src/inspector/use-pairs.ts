import type { Json, JsonObject } from "@millrace/base";
import { useState } from "react";

/** `key` is the row's own and stays while its name is typed. */
export type Pair = { key: number; name: string; value: string };

let nextKey = 1;

/**
 * Rows of names and values over an object. While a name is being typed it may be empty or doubled, which no object can
 * hold; the rows are therefore kept apart and rebuilt only when the object changed from elsewhere.
 */
export function usePairs(object: JsonObject, onChange: (object: JsonObject) => void) {
  const [pairs, setPairs] = useState<Pair[]>(() => pairsOf(object));
  const isSame = JSON.stringify(objectOf(pairs)) === JSON.stringify(textObject(object));
  const current = isSame ? pairs : pairsOf(object);
  if (!isSame) setPairs(current);

  const change = (next: Pair[]) => {
    setPairs(next);
    onChange(objectOf(next));
  };
  return {
    pairs: current,
    setPair: (key: number, update: Partial<Pick<Pair, "name" | "value">>) =>
      change(current.map((pair) => (pair.key === key ? { ...pair, ...update } : pair))),
    addPair: () => setPairs([...current, { key: nextKey++, name: "", value: "" }]),
    removePair: (key: number) => change(current.filter((pair) => pair.key !== key)),
  };
}

function pairsOf(object: JsonObject): Pair[] {
  return Object.entries(textObject(object)).map(([name, value]) => ({ key: nextKey++, name, value }));
}

/** Rows without a name are not there yet; of two with one name the later counts. */
function objectOf(pairs: readonly Pair[]): Record<string, string> {
  return Object.fromEntries(pairs.filter(({ name }) => name !== "").map(({ name, value }) => [name, value]));
}

const textObject = (object: JsonObject): Record<string, string> =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, textOf(value)]));

const textOf = (value: Json) => (typeof value === "string" ? value : JSON.stringify(value));
