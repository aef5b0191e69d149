import { type Budget, deepestValue } from "./budget.ts";
import { Fault, typeFault } from "./fault.ts";
import { Duration, isMap, keysOf, Optional, type Result, Timestamp, typeOfValue, type Value } from "./value.ts";

/** Deep equality. Values of different types are never equal; every compared part is paid for. */
export function areEqual(left: Result, right: Result, budget: Budget, depth = 0): boolean {
  if (depth > deepestValue) throw new Fault("too_expensive", `is nested more than ${deepestValue} levels deep`);
  budget.spend(1);
  if (typeof left === "string" && typeof right === "string") {
    if (left.length !== right.length) return false;
    budget.spendText(left.length);
    return left === right;
  }
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return left === right;
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((element, index) => areEqual(element, right[index] as Value, budget, depth + 1))
    );
  }
  if (left instanceof Timestamp) return right instanceof Timestamp && left.epochMs === right.epochMs;
  if (left instanceof Duration) return right instanceof Duration && left.ms === right.ms;
  if (left instanceof Optional) {
    if (!(right instanceof Optional)) return false;
    if (left.held === undefined || right.held === undefined) return left.held === right.held;
    return areEqual(left.held, right.held, budget, depth + 1);
  }
  if (!isMap(right)) return false;
  const keys = keysOf(left, budget);
  if (keys.length !== keysOf(right, budget).length) return false;
  return keys.every(
    (key) => Object.hasOwn(right, key) && areEqual(left[key] as Value, right[key] as Value, budget, depth + 1),
  );
}

/** Negative, zero or positive. Only values of one ordered type compare: numbers, texts, bools, timestamps, durations. */
export function compare(left: Result, right: Result, budget: Budget): number {
  budget.spend(1);
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "string" && typeof right === "string") {
    budget.spendSlowText(Math.min(left.length, right.length));
    return compareText(left, right);
  }
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  if (left instanceof Timestamp && right instanceof Timestamp) return left.epochMs - right.epochMs;
  if (left instanceof Duration && right instanceof Duration) return left.ms - right.ms;
  throw typeFault(`can't compare ${typeOfValue(left)} with ${typeOfValue(right)}${conversionHint(left, right)}`);
}

function conversionHint(left: Result, right: Result): string {
  const types = [typeOfValue(left), typeOfValue(right)];
  if (types.includes("optional")) return "; take the optional's value with .orValue(…)";
  return types.includes("number") && types.includes("string") ? "; convert one with double(…) or string(…)" : "";
}

/** By code point, as CEL orders text; UTF-16 code units alone would put emoji before some letters. */
function compareText(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  let index = 0;
  while (index < length && left.charCodeAt(index) === right.charCodeAt(index)) index++;
  if (index === length) return left.length - right.length;
  return rank(left.charCodeAt(index)) - rank(right.charCodeAt(index));
}

const rank = (codeUnit: number) => (codeUnit >= 0xd800 && codeUnit <= 0xdfff ? codeUnit + 0x10000 : codeUnit);
