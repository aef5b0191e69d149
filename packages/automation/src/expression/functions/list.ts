import type { Budget } from "../budget.ts";
import { Fault, invalidArgument } from "../fault.ts";
import { functionsOf } from "../function-entry.ts";
import { isMap, keysOf, none, Optional, type Value } from "../value.ts";

const define = functionsOf("list");

function flatten(list: readonly Value[], depth: number, budget: Budget): Value[] {
  const flat: Value[] = [];
  for (const value of list) {
    budget.spend(1);
    if (!Array.isArray(value) || depth === 0) flat.push(value);
    // No spread: a list may have more elements than a call may have arguments.
    else for (const inner of flatten(value, depth - 1, budget)) flat.push(inner);
  }
  return flat;
}

function wholeSize(size: number, name: string): number {
  if (!Number.isSafeInteger(size) || size < 1) throw invalidArgument(`${name} must be a whole number from 1`);
  return size;
}

export const listFunctions = [
  define({
    name: "first",
    form: "method",
    parameters: ["list: list"],
    result: "optional",
    doc: "The first element, as an optional: nothing where the list is empty.",
    example: [`[1, 2].first().orValue(0)`, 1],
    cost: "constant",
    run: (_, list) => (list.length === 0 ? none : new Optional(list[0])),
  }),
  define({
    name: "last",
    form: "method",
    parameters: ["list: list"],
    result: "optional",
    doc: "The last element, as an optional: nothing where the list is empty.",
    example: [`[1, 2].last().orValue(0)`, 2],
    cost: "constant",
    run: (_, list) => (list.length === 0 ? none : new Optional(list.at(-1))),
  }),
  define({
    name: "slice",
    form: "method",
    parameters: ["list: list", "start: number", "end: number"],
    result: "list",
    doc: "The elements from start up to, but without, end, counted from 0.",
    example: [`[1, 2, 3, 4].slice(1, 3)`, [2, 3]],
    cost: "elements",
    run: (_, list, start, end) => {
      const valid =
        Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start <= end && end <= list.length;
      if (!valid)
        throw invalidArgument(`slice(${start}, ${end}) does not lie within a list of ${list.length} elements`);
      return list.slice(start, end);
    },
  }),
  define({
    name: "take",
    form: "method",
    parameters: ["list: list", "count: number"],
    result: "list",
    doc: "At most so many elements from the start.",
    example: [`[1, 2, 3].take(2)`, [1, 2]],
    cost: "elements",
    run: (_, list, count) => list.slice(0, wholeSize(count, "count")),
  }),
  define({
    name: "flatten",
    form: "method",
    parameters: ["list: list", "depth?: number"],
    result: "list",
    doc: "Lists within the list replaced by their elements, one level deep if not said otherwise.",
    example: [`[[1], [2, [3]]].flatten()`, [1, 2, [3]]],
    cost: "elements",
    run: (budget, list, depth = 1) => {
      if (!Number.isInteger(depth) || depth < 0 || depth > 100)
        throw invalidArgument("depth must be a whole number from 0 to 100");
      return flatten(list, depth, budget);
    },
  }),
  define({
    name: "reverse",
    form: "method",
    parameters: ["list: list"],
    result: "list",
    doc: "The elements in reverse order.",
    example: [`[1, 2, 3].reverse()`, [3, 2, 1]],
    cost: "elements",
    run: (_, list) => list.toReversed(),
  }),
  define({
    name: "compact",
    form: "method",
    parameters: ["list: list"],
    result: "list",
    doc: "The elements that are neither null, nor empty text, nor an empty list or map.",
    example: [`[1, null, "", "a"].compact()`, [1, "a"]],
    cost: "elements",
    run: (budget, list) =>
      list.filter((value) => {
        if (value === null || value === "") return false;
        if (Array.isArray(value)) return value.length > 0;
        if (!isMap(value)) return true;
        return keysOf(value, budget).length > 0;
      }),
  }),
  define({
    name: "chunk",
    form: "method",
    parameters: ["list: list", "size: number"],
    result: "list",
    doc: "The list cut into lists of at most so many elements.",
    example: [`[1, 2, 3].chunk(2)`, [[1, 2], [3]]],
    cost: "elements",
    run: (budget, list, size) => {
      const length = wholeSize(size, "size");
      const chunks: Value[][] = [];
      for (let start = 0; start < list.length; start += length) {
        budget.spend(2);
        chunks.push(list.slice(start, start + length));
      }
      return chunks;
    },
  }),
  define({
    name: "zip",
    form: "method",
    parameters: ["list: list", "other: list"],
    result: "list",
    doc: "Pairs of the elements that stand at the same place, as far as both lists go.",
    example: [
      `["a", "b"].zip([1, 2])`,
      [
        ["a", 1],
        ["b", 2],
      ],
    ],
    cost: "elements",
    run: (budget, list, other) => {
      const length = Math.min(list.length, other.length);
      budget.spend(3 * length);
      return list.slice(0, length).map((value, index) => [value, other[index] as Value]);
    },
  }),
  define({
    name: "lists.range",
    form: "function",
    parameters: ["count: number"],
    result: "list",
    doc: "The whole numbers from 0 up to, but without, count.",
    example: [`lists.range(3)`, [0, 1, 2]],
    cost: "constant",
    run: (budget, count) => {
      if (!Number.isInteger(count) || count < 0) throw invalidArgument("count must be a whole number from 0");
      if (count > budget.units) throw new Fault("too_expensive", `a list of ${count} elements is too long`);
      budget.spend(count);
      const numbers: number[] = [];
      for (let number = 0; number < count; number++) numbers.push(number);
      return numbers;
    },
  }),
];
