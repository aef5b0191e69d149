import { hasKey, readKey } from "./access.ts";
import type { Budget } from "./budget.ts";
import { evaluateMacro } from "./evaluate-macro.ts";
import { Fault, typeFault } from "./fault.ts";
import { accepts, charge } from "./function-entry.ts";
import { applyBinary, mapKey, negate } from "./operators.ts";
import type { Node } from "./syntax.ts";
import { newMap, none, Optional, type Result, typeOfValue, type Value } from "./value.ts";

/** Comprehension variables, innermost first. */
export type Locals = { name: string; value: Result; outer: Locals } | undefined;

/** One evaluation: walks the tree, pays for every node it visits. Throws Faults. */
export class Evaluation {
  readonly budget: Budget;
  readonly #scope: Readonly<Record<string, Value>>;
  /** The node at work, for faults that name none. */
  #at: Node | undefined;

  constructor(scope: Readonly<Record<string, Value>>, budget: Budget) {
    this.#scope = scope;
    this.budget = budget;
  }

  get at(): Node | undefined {
    return this.#at;
  }

  /** A value; an optional that holds nothing, or isn't taken out, is no value. */
  value(node: Node, locals: Locals): Value {
    const result = this.result(node, locals);
    if (!(result instanceof Optional)) return result;
    this.#at = node;
    throw typeFault("an optional is not a value yet; end it with .orValue(…) or .value()");
  }

  /** The value of a part that may fail without failing the whole: `a || b`. What costs too much always fails. */
  attempt(node: Node, locals: Locals): Result | Fault {
    try {
      return this.result(node, locals);
    } catch (fault) {
      if (!(fault instanceof Fault) || fault.code === "too_expensive") throw fault;
      // Unwinding costs more than most nodes.
      this.budget.spend(90);
      fault.node ??= this.#at;
      return fault;
    }
  }

  result(node: Node, locals: Locals): Result {
    this.budget.spend(1);
    this.#at = node;
    switch (node.kind) {
      case "literal":
        return node.value;
      case "name":
        return this.#name(node);
      case "local":
        return findLocal(node.name, locals);
      case "select": {
        const target = this.result(node.target, locals);
        return readKey(node, target, node.key);
      }
      case "index": {
        const target = this.result(node.target, locals);
        const index = this.result(node.index, locals);
        this.#at = node;
        return readKey(node, target, index);
      }
      case "and":
        return this.#logical(node.left, node.right, false, locals);
      case "or":
        return this.#logical(node.left, node.right, true, locals);
      case "conditional":
        return this.result(this.condition(node.condition, locals) ? node.consequent : node.alternate, locals);
      case "binary": {
        const left = this.result(node.left, locals);
        const right = this.result(node.right, locals);
        this.#at = node;
        return applyBinary(node.operator, left, right, this.budget);
      }
      case "call":
        return this.#call(node, locals);
      default:
        return this.#rarer(node, locals);
    }
  }

  condition(node: Node, locals: Locals): boolean {
    const value = this.result(node, locals);
    if (typeof value === "boolean") return value;
    this.#at = node;
    throw typeFault(`a condition must be true or false, not a ${typeOfValue(value)}`);
  }

  #rarer(node: Node, locals: Locals): Result {
    switch (node.kind) {
      case "list":
        return node.elements.map((element) => this.value(element, locals));
      case "map":
        return this.#map(node, locals);
      case "not":
        return !this.condition(node.operand, locals);
      case "negate": {
        const operand = this.result(node.operand, locals);
        this.#at = node;
        return negate(operand);
      }
      case "has":
        return hasKey(node, this.result(node.target, locals));
      case "bind":
        return this.result(node.body, { name: node.variable, value: this.result(node.value, locals), outer: locals });
      case "orValue": {
        const held = this.#optional(node.target, locals).held;
        // CEL would give the null. A default that lets null through would be no default to those who write it.
        return held === undefined || held === null ? this.result(node.fallback, locals) : held;
      }
      case "orOptional": {
        const optional = this.#optional(node.target, locals);
        return optional.held === undefined ? this.#optional(node.alternative, locals) : optional;
      }
      case "optMap": {
        const { held } = this.#optional(node.target, locals);
        if (held === undefined) return none;
        const inner = { name: node.variable, value: held, outer: locals };
        return node.flat ? this.#optional(node.body, inner) : new Optional(this.value(node.body, inner));
      }
      case "macro":
        return evaluateMacro(this, node, locals);
      default:
        throw typeFault("this kind of expression has no value");
    }
  }

  #name(node: Node & { kind: "name" }): Value {
    if (Object.hasOwn(this.#scope, node.name)) {
      const value = this.#scope[node.name];
      if (value !== undefined) return value;
    }
    throw new Fault("unknown_name", `${node.name} has no value here`);
  }

  #optional(node: Node, locals: Locals): Optional {
    const result = this.result(node, locals);
    if (result instanceof Optional) return result;
    this.#at = node;
    throw typeFault(`expected an optional such as a.?b, not a ${typeOfValue(result)}`);
  }

  /** `&&` and `||`: a side that decides wins over the other side's fault, whichever comes first. */
  #logical(leftNode: Node, rightNode: Node, deciding: boolean, locals: Locals): boolean {
    const left = this.attempt(leftNode, locals);
    if (left === deciding) return deciding;
    const right = this.attempt(rightNode, locals);
    if (right === deciding) return deciding;
    if (typeof left === "boolean" && typeof right === "boolean") return !deciding;
    const [node, wrong] = typeof left === "boolean" ? [rightNode, right] : [leftNode, left];
    if (wrong instanceof Fault) throw wrong;
    this.#at = node;
    throw typeFault(`${deciding ? "||" : "&&"} takes true or false, not a ${typeOfValue(wrong)}`);
  }

  #map(node: Node & { kind: "map" }, locals: Locals): Value {
    const map = newMap();
    this.budget.spend(15 + 8 * node.entries.length);
    for (const [keyNode, valueNode] of node.entries) {
      const key = mapKey(this.result(keyNode, locals));
      this.#at = keyNode;
      if (key === undefined) throw typeFault("a map's keys are texts, whole numbers or bools");
      if (Object.hasOwn(map, key))
        throw new Fault("invalid_argument", `the map has the key ${JSON.stringify(key.slice(0, 40))} twice`);
      this.budget.spendText(key.length);
      map[key] = this.value(valueNode, locals);
    }
    return map;
  }

  #call(node: Node & { kind: "call" }, locals: Locals): Result {
    const args = node.args.map((argument) => this.result(argument, locals));
    this.#at = node;
    for (const entry of node.candidates) {
      if (!entry.run || !accepts(entry, args)) continue;
      charge(entry.cost, args, this.budget);
      return entry.run(this.budget, args);
    }
    const types = args.map(typeOfValue);
    const hint = types.includes("optional") ? "; take an optional's value with .orValue(…)" : "";
    const shapes = node.candidates.map((entry) => `${entry.signature}`).join(" or ");
    throw typeFault(`${node.name}() doesn't take (${types.join(", ")}); write ${shapes}${hint}`);
  }
}

function findLocal(name: string, locals: Locals): Result {
  let local = locals;
  while (local !== undefined) {
    if (local.name === name) return local.value;
    local = local.outer;
  }
  throw new Fault("unknown_name", `${name} has no value here`);
}
