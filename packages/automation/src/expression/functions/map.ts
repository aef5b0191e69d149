import { invalidArgument, typeFault } from "../fault.ts";
import { functionsOf } from "../function-entry.ts";
import { mapKey } from "../operators.ts";
import { getOwn, isMap, newMap, none, Optional, typeOfValue, type Value, type ValueMap } from "../value.ts";

const define = functionsOf("map");

function textKey(value: Value): string {
  const key = mapKey(value);
  if (key === undefined) throw typeFault(`a map has no key of type ${typeOfValue(value)}`);
  return key;
}

function copyWhere(map: ValueMap, isKept: (key: string) => boolean): ValueMap {
  const copy = newMap();
  for (const key of Object.keys(map)) if (isKept(key)) copy[key] = map[key] as Value;
  return copy;
}

/** Steps of a path such as `a.b[0]["c d"]`; a fault where it isn't one. */
function pathSteps(path: string): (string | number)[] {
  const steps: (string | number)[] = [];
  const step = /\.?([^.[\]"]+)|\[([0-9]{1,9})\]|\["([^"]*)"\]/y;
  while (step.lastIndex < path.length) {
    const at = step.lastIndex;
    const match = step.exec(path);
    if (!match) throw invalidArgument(`${JSON.stringify(path.slice(0, 40))} is not a path: character ${at + 1}`);
    steps.push(match[2] === undefined ? (match[1] ?? match[3] ?? "") : Number(match[2]));
  }
  return steps;
}

export const mapFunctions = [
  define({
    name: "keys",
    form: "method",
    parameters: ["map: map"],
    result: "list",
    doc: "The map's keys.",
    example: [`{"a": 1, "b": 2}.keys()`, ["a", "b"]],
    cost: "elements",
    run: (_, map) => Object.keys(map),
  }),
  define({
    name: "values",
    form: "method",
    parameters: ["map: map"],
    result: "list",
    doc: "The map's values.",
    example: [`{"a": 1, "b": 2}.values()`, [1, 2]],
    cost: "elements",
    run: (_, map) => Object.keys(map).map((key) => map[key] as Value),
  }),
  define({
    name: "entries",
    form: "method",
    parameters: ["map: map"],
    result: "list",
    doc: "The map's entries, each a map with key and value.",
    example: [`{"a": 1}.entries()`, [{ key: "a", value: 1 }]],
    cost: "elements",
    run: (budget, map) =>
      Object.keys(map).map((key) => {
        budget.spend(20);
        const entry = newMap();
        entry.key = key;
        entry.value = map[key] as Value;
        return entry;
      }),
  }),
  define({
    name: "fromEntries",
    form: "method",
    parameters: ["entries: list"],
    result: "map",
    doc: "A map from a list of maps with key and value; later entries win.",
    example: [`[{"key": "a", "value": 1}].fromEntries()`, { a: 1 }],
    cost: "elements",
    run: (budget, entries) => {
      const map = newMap();
      for (const entry of entries) {
        budget.spend(10);
        const key = isMap(entry) ? getOwn(entry, "key") : undefined;
        const value = isMap(entry) ? getOwn(entry, "value") : undefined;
        if (key === undefined || value === undefined)
          throw invalidArgument("each entry must be a map with key and value");
        const text = textKey(key);
        budget.spendText(text.length);
        map[text] = value;
      }
      return map;
    },
  }),
  define({
    name: "merge",
    form: "method",
    parameters: ["map: map", "other: map"],
    result: "map",
    doc: "Both maps in one; where a key is in both, the other's value wins.",
    example: [`{"a": 1, "b": 1}.merge({"b": 2})`, { a: 1, b: 2 }],
    cost: "elements",
    run: (budget, map, other) => {
      budget.spend(8 * (Object.keys(map).length + Object.keys(other).length));
      const merged = copyWhere(map, () => true);
      for (const key of Object.keys(other)) merged[key] = other[key] as Value;
      return merged;
    },
  }),
  define({
    name: "pick",
    form: "method",
    parameters: ["map: map", "keys: list"],
    result: "map",
    doc: "A map with only these keys, where they are there.",
    example: [`{"a": 1, "b": 2}.pick(["a"])`, { a: 1 }],
    cost: "elements",
    run: (budget, map, keys) => {
      budget.spend(4 * keys.length + 2 * Object.keys(map).length);
      const wanted = new Set(keys.map(textKey));
      return copyWhere(map, (key) => wanted.has(key));
    },
  }),
  define({
    name: "omit",
    form: "method",
    parameters: ["map: map", "keys: list"],
    result: "map",
    doc: "The map without these keys.",
    example: [`{"a": 1, "b": 2}.omit(["a"])`, { b: 2 }],
    cost: "elements",
    run: (budget, map, keys) => {
      budget.spend(8 * (keys.length + Object.keys(map).length));
      const unwanted = new Set(keys.map(textKey));
      return copyWhere(map, (key) => !unwanted.has(key));
    },
  }),
  define({
    name: "get",
    form: "method",
    parameters: ["value: map|list", "path: string"],
    result: "optional",
    doc: "What stands at a path given as text, such as a.b[0], as an optional.",
    example: [`{"a": {"b": [7]}}.get("a.b[0]").orValue(0)`, 7],
    cost: "slowText",
    run: (budget, value, path) => {
      if (path.length > 1000) throw invalidArgument("a path may have 1000 characters");
      let found: Value | undefined = value;
      for (const step of pathSteps(path)) {
        budget.spend(4);
        if (Array.isArray(found) && typeof step === "number") found = found[step];
        else if (isMap(found)) found = getOwn(found, String(step));
        else return none;
      }
      return found === undefined ? none : new Optional(found);
    },
  }),
];
