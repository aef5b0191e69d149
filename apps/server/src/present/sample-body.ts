import {
  compileExpression,
  compileTemplate,
  type Definition,
  ExpressionError,
  type Segment,
  walkSteps,
} from "@millrace/automation";
import { isJsonObject, type Json, type JsonObject } from "@millrace/base";

const deepest = 8;
const mostPaths = 50;

/**
 * A body that has every path of `trigger.body` that the automation reads, so that the first request fits it. Null if it
 * reads none. Values are texts that say what belongs there: what type they should have can't be told.
 */
export function sampleBody(definition: Definition): Json {
  const body: JsonObject = Object.create(null);
  for (const segments of bodyPaths(definition).slice(0, mostPaths)) put(body, segments.slice(2, 2 + deepest));
  return Object.keys(body).length > 0 ? body : null;
}

function bodyPaths(definition: Definition): readonly Segment[][] {
  const found: Segment[][] = [];
  for (const { step } of walkSteps(definition.steps)) {
    if ("action" in step) found.push(...templatePaths(step.input));
    else if ("set" in step) found.push(...templatePaths(step.set));
    else if ("filter" in step) found.push(...expressionPaths(step.filter));
    else if ("respond" in step) for (const value of Object.values(step.respond)) found.push(...templatePaths(value));
    else for (const arm of step.branch) if ("when" in arm) found.push(...expressionPaths(arm.when));
  }
  return found.filter(
    ([root, part, first]) => root === "trigger" && part === "body" && typeof first === "string" && first !== "*",
  );
}

function templatePaths(value: Json): Segment[][] {
  if (typeof value === "string") return pathsOf(() => compileTemplate(value).paths);
  if (Array.isArray(value)) return value.flatMap(templatePaths);
  return isJsonObject(value) ? Object.values(value).flatMap(templatePaths) : [];
}

const expressionPaths = (source: string): Segment[][] => pathsOf(() => compileExpression(source).paths);

/** A draft may hold expressions that don't parse yet. */
function pathsOf(read: () => readonly { segments: Segment[] }[]): Segment[][] {
  try {
    return read().map(({ segments }) => segments);
  } catch (error) {
    if (error instanceof ExpressionError) return [];
    throw error;
  }
}

function put(target: JsonObject, [key, ...rest]: readonly Segment[]): void {
  if (typeof key !== "string") return;
  const [next] = rest;
  const existing = target[key];
  if (next === undefined) target[key] ??= `some ${key.replaceAll("_", " ")}`;
  else if (typeof next === "string" && next !== "*") {
    const inner: JsonObject = isJsonObject(existing) ? existing : Object.create(null);
    target[key] = inner;
    put(inner, rest);
  } else {
    const [first] = Array.isArray(existing) ? existing : [];
    const inner: JsonObject = isJsonObject(first) ? first : Object.create(null);
    put(inner, rest.slice(1));
    target[key] = [Object.keys(inner).length > 0 ? inner : `some ${key.replaceAll("_", " ")}`];
  }
}
