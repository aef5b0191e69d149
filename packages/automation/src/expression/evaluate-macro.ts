import { compare } from "./equality.ts";
import type { Evaluation, Locals } from "./evaluate.ts";
import { Fault, invalidArgument, typeFault } from "./fault.ts";
import { mapKey } from "./operators.ts";
import type { Node } from "./syntax.ts";
import { isMap, keysOf, newMap, typeOfValue, type Value } from "./value.ts";

type MacroNode = Node & { kind: "macro" };
type Item = { locals: Locals; value: Value };

/** `range.all(x, …)` and its kin. Every element is paid for before it is looked at. */
export function evaluateMacro(evaluation: Evaluation, node: MacroNode, locals: Locals): Value {
  const items = iterate(evaluation, node, locals);
  switch (node.macro) {
    case "all":
      return quantify(evaluation, node, items, false);
    case "exists":
      return quantify(evaluation, node, items, true);
    case "exists_one": {
      let count = 0;
      for (const item of items) if (evaluation.condition(node.body, item.locals)) count++;
      return count === 1;
    }
    case "map":
    case "transformList":
      return transform(evaluation, node, items);
    case "filter": {
      const kept: Value[] = [];
      for (const item of items) if (evaluation.condition(node.body, item.locals)) kept.push(item.value);
      return kept;
    }
    case "sortBy":
      return sortBy(evaluation, node, items);
    case "groupBy":
      return groupBy(evaluation, node, items);
    case "transformMap":
      return transformMap(evaluation, node, items);
  }
}

/** Elements of a list or keys of a map; with two variables index and element, or key and value. */
function* iterate(evaluation: Evaluation, node: MacroNode, locals: Locals): Generator<Item> {
  const range = evaluation.result(node.range, locals);
  const isList = Array.isArray(range);
  if (!isList && !isMap(range))
    throw typeFault(`${node.macro}() goes over a list or a map, not a ${typeOfValue(range)}`);
  const keys = isList ? undefined : keysOf(range, evaluation.budget);
  const length = isList ? range.length : (keys?.length ?? 0);
  for (let index = 0; index < length; index++) {
    evaluation.budget.spend(4);
    const key = keys ? (keys[index] as string) : index;
    const element = (isList ? range[index] : range[String(key)]) as Value;
    const first = node.second !== undefined || keys ? key : element;
    const inner: Locals = { name: node.variable, value: first, outer: locals };
    yield {
      locals: node.second === undefined ? inner : { name: node.second, value: element, outer: inner },
      value: node.second === undefined ? first : element,
    };
  }
}

/** A deciding element wins over the faults of others. */
function quantify(evaluation: Evaluation, node: MacroNode, items: Iterable<Item>, deciding: boolean): boolean {
  let fault: Fault | undefined;
  for (const item of items) {
    const outcome = evaluation.attempt(node.body, item.locals);
    if (outcome === deciding) return deciding;
    if (outcome instanceof Fault) fault ??= outcome;
    else if (typeof outcome !== "boolean")
      fault ??= typeFault(`${node.macro}() needs true or false for each element, not a ${typeOfValue(outcome)}`);
  }
  if (fault) throw fault;
  return !deciding;
}

function transform(evaluation: Evaluation, node: MacroNode, items: Iterable<Item>): Value[] {
  const made: Value[] = [];
  for (const item of items) {
    if (node.filter && !evaluation.condition(node.filter, item.locals)) continue;
    made.push(evaluation.value(node.body, item.locals));
  }
  return made;
}

function transformMap(evaluation: Evaluation, node: MacroNode, items: Iterable<Item>): Value {
  const made = newMap();
  for (const item of items) {
    if (node.filter && !evaluation.condition(node.filter, item.locals)) continue;
    const key = mapKey(item.locals?.outer?.value ?? null);
    if (key === undefined) throw typeFault("transformMap() goes over a list or a map");
    evaluation.budget.spend(6);
    made[key] = evaluation.value(node.body, item.locals);
  }
  return made;
}

function sortBy(evaluation: Evaluation, node: MacroNode, items: Iterable<Item>): Value[] {
  const keyed: { key: Value; value: Value }[] = [];
  for (const item of items) keyed.push({ key: evaluation.value(node.body, item.locals), value: item.value });
  evaluation.budget.spend(keyed.length * Math.ceil(Math.log2(keyed.length + 1)));
  keyed.sort((left, right) => compare(left.key, right.key, evaluation.budget));
  return keyed.map((item) => item.value);
}

function groupBy(evaluation: Evaluation, node: MacroNode, items: Iterable<Item>): Value {
  const groups = newMap();
  for (const item of items) {
    const key = mapKey(evaluation.value(node.body, item.locals));
    if (key === undefined) throw invalidArgument("groupBy() needs a text, whole number or bool for each element");
    evaluation.budget.spend(6);
    evaluation.budget.spendText(key.length);
    const group = Object.hasOwn(groups, key) ? groups[key] : undefined;
    if (Array.isArray(group)) group.push(item.value);
    else groups[key] = [item.value];
  }
  return groups;
}
