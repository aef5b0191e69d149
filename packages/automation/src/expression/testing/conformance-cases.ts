import { tests } from "@bufbuild/cel-spec/testdata/conformance.js";
import type { Json } from "@millrace/base";
import { compileExpression } from "../expression.ts";
import { ExpressionError } from "../expression-error.ts";
import { Duration, newMap, Timestamp, type Value } from "../value.ts";

/** One case of the CEL specification's conformance suite. */
export type ConformanceCase = {
  /** `suite/section/name#n`: n counts cases of one name. */
  id: string;
  expression: string;
  original: { [key: string]: Json | undefined };
};

export type Outcome =
  | { kind: "agrees" }
  /** We don't take the expression at all. */
  | { kind: "refused"; message: string }
  | { kind: "differs"; message: string };

type Suite = { name: string; suites?: Suite[]; tests?: { original: { [key: string]: Json | undefined } }[] };

export function conformanceCases(): ConformanceCase[] {
  const cases: ConformanceCase[] = [];
  const seen = new Map<string, number>();
  const walk = (suite: Suite, path: string): void => {
    for (const { original } of suite.tests ?? []) {
      const name = `${path}/${original.name ?? original.expr}`;
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      cases.push({ id: count === 1 ? name : `${name}#${count}`, expression: String(original.expr), original });
    }
    for (const inner of suite.suites ?? []) walk(inner, path === "" ? inner.name : `${path}/${inner.name}`);
  };
  walk(tests as Suite, "");
  return cases;
}

/** Anything of protocol buffers that JSON has no counterpart for. */
class NotJson extends Error {}

export function runCase({ expression, original }: ConformanceCase): Outcome {
  let scope: Record<string, Value>;
  try {
    scope = bindings(original.bindings);
  } catch (error) {
    if (error instanceof NotJson) return { kind: "refused", message: error.message };
    throw error;
  }
  if (original.checkOnly === true) return { kind: "refused", message: "static types" };
  let actual: Value;
  try {
    actual = compileExpression(expression, { names: [...Object.keys(scope), ...declared(original)] }).evaluate(scope);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    if (
      error.code === "syntax" ||
      error.code === "unknown_function" ||
      error.code === "unknown_name" ||
      error.code === "too_long"
    ) {
      return { kind: "refused", message: error.message };
    }
    return expectsError(original) ? { kind: "agrees" } : { kind: "differs", message: error.message };
  }
  if (expectsError(original)) return { kind: "differs", message: `expected an error, got ${JSON.stringify(actual)}` };
  return compareWith(expectedValue(original), actual);
}

function compareWith(expected: () => Value, actual: Value): Outcome {
  try {
    const value = expected();
    const isSame = typeof value === "number" && typeof actual === "number" ? value === actual : sameJson(value, actual);
    return isSame
      ? { kind: "agrees" }
      : { kind: "differs", message: `expected ${JSON.stringify(value)}, got ${JSON.stringify(actual)}` };
  } catch (error) {
    if (error instanceof NotJson)
      return { kind: "differs", message: `expected ${error.message}, got ${JSON.stringify(actual)}` };
    throw error;
  }
}

/** Maps have no order. */
function sameJson(left: Value, right: Value): boolean {
  const sorted = (value: Value): string =>
    JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    );
  return sorted(left) === sorted(right);
}

const expectsError = (original: ConformanceCase["original"]) => "evalError" in original || "anyEvalErrors" in original;

function expectedValue(original: ConformanceCase["original"]): () => Value {
  return () => {
    if ("value" in original) return fromProto(original.value);
    const typed = original.typedResult;
    if (isRecord(typed) && "result" in typed) return fromProto(typed.result);
    return true;
  };
}

function bindings(bound: Json | undefined): Record<string, Value> {
  const scope: Record<string, Value> = {};
  for (const [name, binding] of Object.entries(isRecord(bound) ? bound : {})) {
    if (!isRecord(binding) || !("value" in binding)) throw new NotJson("a binding without a value");
    scope[name] = fromProto(binding.value);
  }
  return scope;
}

function declared(original: ConformanceCase["original"]): string[] {
  const environment = Array.isArray(original.typeEnv) ? original.typeEnv : [];
  return environment.flatMap((entry) => (isRecord(entry) && "ident" in entry ? [String(entry.name)] : []));
}

const isRecord = (value: unknown): value is { [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function fromProto(value: Json | undefined): Value {
  if (!isRecord(value)) throw new NotJson("no value");
  const [kind = "", inner] = Object.entries(value)[0] ?? [];
  switch (kind) {
    case "nullValue":
      return null;
    case "boolValue":
    case "stringValue":
      return inner as Value;
    case "int64Value":
    case "doubleValue":
      return Number(inner);
    case "listValue":
      return (isRecord(inner) && Array.isArray(inner.values) ? inner.values : []).map(fromProto);
    case "mapValue":
      return mapFromProto(inner);
    case "objectValue":
      return objectFromProto(inner);
    default:
      throw new NotJson(kind);
  }
}

function mapFromProto(value: Json | undefined): Value {
  const map = newMap();
  for (const entry of isRecord(value) && Array.isArray(value.entries) ? value.entries : []) {
    if (!isRecord(entry)) throw new NotJson("an entry");
    const key = fromProto(entry.key);
    if (typeof key === "object") throw new NotJson("a key");
    map[String(key)] = fromProto(entry.value);
  }
  return map;
}

function objectFromProto(value: Json | undefined): Value {
  if (isRecord(value) && value["@type"] === "type.googleapis.com/google.protobuf.Timestamp")
    return new Timestamp(Date.parse(String(value.value)));
  if (isRecord(value) && value["@type"] === "type.googleapis.com/google.protobuf.Duration") {
    return new Duration(Math.trunc(Number.parseFloat(String(value.value)) * 1000));
  }
  throw new NotJson("a protocol buffer message");
}
