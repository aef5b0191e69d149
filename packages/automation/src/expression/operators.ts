import { type Budget, largestText } from "./budget.ts";
import { checkedDurationMs } from "./duration-text.ts";
import { areEqual, compare } from "./equality.ts";
import { Fault, invalidArgument, typeFault } from "./fault.ts";
import type { BinaryOperator } from "./syntax.ts";
import { checkedEpochMs } from "./timestamp-text.ts";
import { Duration, isMap, Optional, type Result, Timestamp, typeOfValue, type Value } from "./value.ts";

export function applyBinary(operator: BinaryOperator, left: Result, right: Result, budget: Budget): Value {
  switch (operator) {
    case "==":
      return areEqual(left, right, budget);
    case "!=":
      return !areEqual(left, right, budget);
    case "<":
      return compare(left, right, budget) < 0;
    case "<=":
      return compare(left, right, budget) <= 0;
    case ">":
      return compare(left, right, budget) > 0;
    case ">=":
      return compare(left, right, budget) >= 0;
    case "in":
      return contains(left, right, budget);
    case "+":
      return add(left, right, budget);
    case "-":
      return subtract(left, right);
  }
  if (typeof left !== "number" || typeof right !== "number") throw noOverload(operator, left, right);
  if (operator === "*") return checkedNumber(left * right, left, right);
  if (right === 0) throw invalidArgument("division by zero");
  if (operator === "/") return checkedNumber(left / right, left, right);
  if (!Number.isInteger(left) || !Number.isInteger(right)) throw typeFault("% takes whole numbers");
  return positiveZero(left % right);
}

/** JSON has neither infinities nor NaN, and whole numbers must not lose digits silently. */
export function checkedNumber(result: number, ...operands: number[]): number {
  if (!Number.isFinite(result)) throw invalidArgument("the result is too large for a number");
  if (Number.isInteger(result) && !Number.isSafeInteger(result) && operands.every(Number.isSafeInteger)) {
    throw invalidArgument("the result has more digits than a number keeps exactly (beyond 9007199254740991)");
  }
  return positiveZero(result);
}

/** JSON text can't tell -0 from 0, so neither do we. */
const positiveZero = (number: number) => (number === 0 ? 0 : number);

export function negate(value: Result): Value {
  if (typeof value === "number") return positiveZero(-value);
  if (value instanceof Duration) return new Duration(positiveZero(-value.ms));
  throw typeFault(`- takes a number, not a ${typeOfValue(value)}`);
}

function add(left: Result, right: Result, budget: Budget): Value {
  if (typeof left === "number" && typeof right === "number") return checkedNumber(left + right, left, right);
  if (typeof left === "string" && typeof right === "string") return concatenate(left, right, budget);
  if (Array.isArray(left) && Array.isArray(right)) {
    budget.spend(left.length + right.length);
    return [...left, ...right];
  }
  if (left instanceof Timestamp && right instanceof Duration)
    return new Timestamp(checkedEpochMs(left.epochMs + right.ms));
  if (left instanceof Duration && right instanceof Timestamp)
    return new Timestamp(checkedEpochMs(left.ms + right.epochMs));
  if (left instanceof Duration && right instanceof Duration) return new Duration(checkedDurationMs(left.ms + right.ms));
  throw noOverload("+", left, right);
}

function subtract(left: Result, right: Result): Value {
  if (typeof left === "number" && typeof right === "number") return checkedNumber(left - right, left, right);
  if (left instanceof Timestamp && right instanceof Duration)
    return new Timestamp(checkedEpochMs(left.epochMs - right.ms));
  if (left instanceof Timestamp && right instanceof Timestamp)
    return new Duration(checkedDurationMs(left.epochMs - right.epochMs));
  if (left instanceof Duration && right instanceof Duration) return new Duration(checkedDurationMs(left.ms - right.ms));
  throw noOverload("-", left, right);
}

export function concatenate(left: string, right: string, budget: Budget): string {
  const length = left.length + right.length;
  if (length > largestText) throw new Fault("too_expensive", `makes a text of more than ${largestText} characters`);
  budget.spendText(length);
  return left + right;
}

function contains(element: Result, container: Result, budget: Budget): boolean {
  if (Array.isArray(container)) return container.some((candidate) => areEqual(element, candidate, budget));
  if (isMap(container)) {
    budget.spend(1);
    const key = mapKey(element);
    if (key === undefined) throw typeFault(`a map has no key of type ${typeOfValue(element)}`);
    return Object.hasOwn(container, key);
  }
  throw typeFault(`in takes a list or a map on its right, not a ${typeOfValue(container)}`);
}

/** JSON keys are text: whole numbers and bools look up, and are stored under, the text they print as. */
export function mapKey(key: Result): string | undefined {
  if (typeof key === "string") return key;
  if (typeof key === "boolean" || (typeof key === "number" && Number.isInteger(key))) return String(key);
  return undefined;
}

function noOverload(operator: string, left: Result, right: Result): Fault {
  const types = [typeOfValue(left), typeOfValue(right)];
  let hint = "";
  if (left instanceof Optional || right instanceof Optional) hint = "; take the optional's value with .orValue(…)";
  else if (types.includes("string") && operator === "+") hint = "; convert the other side with string(…)";
  else if (types.includes("string") && types.includes("number")) hint = "; convert the text with double(…)";
  return typeFault(`${operator} doesn't take ${types[0]} and ${types[1]}${hint}`);
}
