import { Fault, typeFault } from "./fault.ts";
import { mapKey } from "./operators.ts";
import type { Node } from "./syntax.ts";
import { getOwn, isMap, none, Optional, type Result, typeOfValue, type Value } from "./value.ts";

/**
 * `target.key` and `target[index]`, and their optional forms. An access on an optional gives an optional; on a missing
 * or null parent an optional access gives nothing, a plain one is a fault that names the path.
 */
export function readKey(node: Node & { kind: "select" | "index" }, target: Result, key: Result): Result {
  if (target instanceof Optional) {
    if (target.held === undefined) return none;
    const found = find(node, target.held, key, node.optional);
    return found === undefined ? none : new Optional(found);
  }
  const found = find(node, target, key, node.optional);
  if (node.optional) return found === undefined ? none : new Optional(found);
  if (found === undefined) throw missing(node, target, key);
  return found;
}

/** Undefined where there is no such key; a fault where the target can't have any. */
function find(
  node: Node & { kind: "select" | "index" },
  target: Value,
  key: Result,
  nullIsEmpty: boolean,
): Value | undefined {
  if (isMap(target)) {
    const name = mapKey(key);
    if (name === undefined) throw typeFault(`a map has no key of type ${typeOfValue(key)}`);
    return getOwn(target, name);
  }
  if (Array.isArray(target) && node.kind === "index") {
    if (typeof key !== "number" || !Number.isInteger(key))
      throw typeFault(`a list's index is a whole number, not a ${typeOfValue(key)}`);
    return key >= 0 ? target[key] : undefined;
  }
  if (target === null && nullIsEmpty) return undefined;
  throw missing(node, target, key);
}

/** Whether `has(target.key)`; a target that can't have keys is a fault, as CEL says, but null has none. */
export function hasKey(node: Node & { kind: "has" }, target: Result): boolean {
  const held = target instanceof Optional ? target.held : target;
  if (held === undefined || held === null) return false;
  if (isMap(held)) return Object.hasOwn(held, node.key);
  throw missing(node, held, node.key);
}

function missing(node: Node & { kind: "select" | "index" | "has" }, target: Value, key: Result): Fault {
  const name = typeof key === "number" ? key : (mapKey(key) ?? "*");
  const fault = new Fault("missing_path", "", { receiver: node.target, key: name, among: target });
  fault.node = node;
  return fault;
}
