import type { Budget } from "../budget.ts";
import { areEqual, compare } from "../equality.ts";
import { invalidArgument, typeFault } from "../fault.ts";
import { functionsOf } from "../function-entry.ts";
import { checkedNumber } from "../operators.ts";
import { typeOfValue, type Value } from "../value.ts";

const define = functionsOf("list");

function sorted(list: readonly Value[], budget: Budget): Value[] {
  budget.spend(list.length * Math.ceil(Math.log2(list.length + 2)));
  return [...list].sort((left, right) => compare(left, right, budget));
}

function distinct(list: readonly Value[], budget: Budget): Value[] {
  const simple = new Set<Value>();
  const complex: Value[] = [];
  return list.filter((value) => {
    budget.spend(2);
    if (typeof value !== "object" || value === null) {
      if (typeof value === "string") budget.spendText(value.length);
      if (simple.has(value)) return false;
      simple.add(value);
      return true;
    }
    if (complex.some((known) => areEqual(known, value, budget))) return false;
    complex.push(value);
    return true;
  });
}

function extreme(list: readonly Value[], direction: 1 | -1, budget: Budget): Value {
  let best: Value | undefined;
  for (const value of list) {
    // Comparing the first with itself refuses what has no order.
    if (compare(value, best ?? value, budget) * direction > 0 || best === undefined) best = value;
  }
  if (best === undefined) throw invalidArgument("an empty list has no largest or smallest element");
  return best;
}

function sum(list: readonly Value[]): number {
  let total = 0;
  for (const value of list) {
    if (typeof value !== "number") throw typeFault(`sum() takes numbers, not a ${typeOfValue(value)}`);
    total = checkedNumber(total + value, total, value);
  }
  return total;
}

/** What compares or adds up elements. */
export const listOrderFunctions = [
  define({
    name: "sort",
    form: "method",
    parameters: ["list: list"],
    result: "list",
    doc: "The elements in ascending order; they must be of one type that has an order.",
    example: [`[3, 1, 2].sort()`, [1, 2, 3]],
    cost: "elements",
    run: (budget, list) => sorted(list, budget),
  }),
  define({
    name: "distinct",
    form: "method",
    parameters: ["list: list"],
    result: "list",
    doc: "The elements without repetitions, in their order.",
    example: [`[1, 2, 1].distinct()`, [1, 2]],
    cost: "elements",
    run: (budget, list) => distinct(list, budget),
  }),
  define({
    name: "sum",
    form: "method",
    parameters: ["list: list"],
    result: "number",
    doc: "The sum of a list of numbers; 0 for an empty list.",
    example: [`[1, 2, 3.5].sum()`, 6.5],
    cost: "elements",
    run: (_, list) => sum(list),
  }),
  define({
    name: "average",
    form: "method",
    parameters: ["list: list"],
    result: "number",
    doc: "The mean of a list of numbers.",
    example: [`[1, 2, 6].average()`, 3],
    cost: "elements",
    run: (_, list) => {
      if (list.length === 0) throw invalidArgument("an empty list has no average");
      return sum(list) / list.length;
    },
  }),
  define({
    name: "min",
    form: "method",
    parameters: ["list: list"],
    result: "any",
    doc: "The smallest element.",
    example: [`[2, 1, 3].min()`, 1],
    cost: "elements",
    run: (budget, list) => extreme(list, -1, budget),
  }),
  define({
    name: "max",
    form: "method",
    parameters: ["list: list"],
    result: "any",
    doc: "The largest element.",
    example: [`[2, 1, 3].max()`, 3],
    cost: "elements",
    run: (budget, list) => extreme(list, 1, budget),
  }),
  define({
    name: "indexOf",
    form: "method",
    parameters: ["list: list", "element: any"],
    result: "number",
    doc: "Where the element first stands, counted from 0; -1 if it doesn't.",
    example: [`["a", "b"].indexOf("b")`, 1],
    cost: "constant",
    run: (budget, list, element) => list.findIndex((candidate) => areEqual(candidate, element, budget)),
  }),
];
