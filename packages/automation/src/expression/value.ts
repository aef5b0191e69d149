import type { Json } from "@millrace/base";
import { Budget, deepestValue } from "./budget.ts";
import { ExpressionError } from "./expression-error.ts";
import { Fault, invalidArgument } from "./fault.ts";
import { presentTimestamp } from "./timestamp-text.ts";

/** A moment, in whole milliseconds since 1970-01-01T00:00:00Z, from year 1 to year 9999. */
export class Timestamp {
  readonly epochMs: number;

  constructor(epochMs: number) {
    this.epochMs = epochMs;
  }

  /** RFC 3339 in UTC, such as `2026-01-02T03:04:05.678Z`. */
  toString(): string {
    return presentTimestamp(this.epochMs);
  }

  toJSON(): string {
    return this.toString();
  }
}

/** A length of time in whole milliseconds; may be negative. */
export class Duration {
  readonly ms: number;

  constructor(ms: number) {
    this.ms = ms;
  }

  /** Seconds, as CEL writes them: `90s`, `1.5s`. */
  toString(): string {
    const sign = this.ms < 0 ? "-" : "";
    const whole = Math.floor(Math.abs(this.ms) / 1000);
    const rest = Math.abs(this.ms) % 1000;
    const fraction = rest === 0 ? "" : `.${String(rest).padStart(3, "0").replace(/0+$/, "")}`;
    return `${sign}${whole}${fraction}s`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/**
 * A map: own properties only, read with `getOwn` and never through a prototype. Maps that expressions make have no
 * prototype, so keys such as `__proto__` and `constructor` are plain data.
 */
export type ValueMap = { [key: string]: Value };
export type Value = null | boolean | number | string | Timestamp | Duration | Value[] | ValueMap;

/** The result of `a.?b`: a value or nothing. It lives only inside an expression. */
export class Optional {
  readonly held: Value | undefined;

  constructor(held: Value | undefined) {
    this.held = held;
  }
}
export const none: Optional = new Optional(undefined);

/** What a node may evaluate to. */
export type Result = Value | Optional;

export type ValueType = "null" | "bool" | "number" | "string" | "timestamp" | "duration" | "list" | "map" | "optional";

export function typeOfValue(value: Result): ValueType {
  switch (typeof value) {
    case "string":
      return "string";
    case "number":
      return "number";
    case "boolean":
      return "bool";
  }
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  if (value instanceof Timestamp) return "timestamp";
  if (value instanceof Duration) return "duration";
  if (value instanceof Optional) return "optional";
  return "map";
}

export function isMap(value: Result | undefined): value is ValueMap {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Timestamp) &&
    !(value instanceof Duration) &&
    !(value instanceof Optional)
  );
}

export function newMap(): ValueMap {
  return Object.create(null) as ValueMap;
}

/** A map's own keys. Large maps are hash tables, and listing their keys costs several times what a list's element does. */
export function keysOf(map: ValueMap, budget: Budget): string[] {
  budget.spend(2);
  const keys = Object.keys(map);
  budget.spend(5 * keys.length);
  return keys;
}

/** The own property of a map, or undefined. A prototype is never asked. */
export function getOwn(map: ValueMap, key: string): Value | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** JSON is a value already: nothing is copied, and reads take own properties only. */
export function fromJson(json: Json): Value {
  return json;
}

/** Plain JSON of a value: timestamps as RFC 3339, durations as seconds. Throws an ExpressionError `too_expensive`. */
export function toJson(value: Value, budget: Budget = new Budget()): Json {
  try {
    return toPlainJson(value, budget);
  } catch (fault) {
    if (fault instanceof Fault) throw new ExpressionError(fault.code, `The value can't be used: it ${fault.message}.`);
    throw fault;
  }
}

/** As `toJson`, inside an evaluation: throws a Fault. Nothing is copied that need not be. */
export function toPlainJson(value: Value, budget: Budget, depth = 0): Json {
  if (depth > deepestValue) throw new Fault("too_expensive", `is nested more than ${deepestValue} levels deep`);
  budget.spend(1);
  if (typeof value === "string") {
    budget.spendText(value.length);
    return value;
  }
  if (typeof value === "number" && !Number.isFinite(value)) throw invalidArgument("holds a number that JSON has not");
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Timestamp || value instanceof Duration) return value.toString();
  if (Array.isArray(value)) {
    let copy: Json[] | undefined;
    for (let index = 0; index < value.length; index++) {
      const element = value[index] as Value;
      const plain = toPlainJson(element, budget, depth + 1);
      if (plain !== element && !copy) copy = value.slice(0, index) as Json[];
      copy?.push(plain);
    }
    return copy ?? (value as Json[]);
  }
  return plainMap(value, budget, depth);
}

function plainMap(map: ValueMap, budget: Budget, depth: number): Json {
  const changed = new Map<string, Json>();
  const keys = keysOf(map, budget);
  for (const key of keys) {
    budget.spendText(key.length);
    const element = map[key] as Value;
    const plain = toPlainJson(element, budget, depth + 1);
    if (plain !== element) changed.set(key, plain);
  }
  if (changed.size === 0) return map as { [key: string]: Json };
  const copy = newMap();
  budget.spend(6 * keys.length);
  for (const key of keys) copy[key] = changed.has(key) ? (changed.get(key) as Json) : (map[key] as Value);
  return copy as { [key: string]: Json };
}
