import { Failure, isJsonObject, type Json, type JsonObject } from "@millrace/base";
import type { Budget } from "../expression/budget.ts";
import { ExpressionError, type Scope } from "../expression/expression.ts";
import { type CompiledTemplate, compileTemplate } from "../expression/template.ts";
import { toJson } from "../expression/value.ts";

/** An input whose texts are compiled once and resolved for every run. */
export type CompiledInput =
  | { kind: "value"; value: Json }
  | { kind: "template"; template: CompiledTemplate }
  | { kind: "list"; items: CompiledInput[] }
  | { kind: "object"; entries: [key: string, value: CompiledInput][] };

/** An optional field whose path was not there. The field is left out and the step goes on. */
export type MappingWarning = { field: string; message: string; path?: string; nearest?: string };

export type ResolvedInput = { value: JsonObject; warnings: MappingWarning[] };

/** Throws ExpressionError for text that is no template. */
export function compileInput(value: Json): CompiledInput {
  if (typeof value === "string") {
    const template = compileTemplate(value);
    if (template.kind !== "literal") return { kind: "template", template };
    return { kind: "value", value: toJson(template.evaluate({})) };
  }
  if (Array.isArray(value)) return { kind: "list", items: value.map(compileInput) };
  if (isJsonObject(value)) {
    return { kind: "object", entries: Object.entries(value).map(([key, item]) => [key, compileInput(item)]) };
  }
  return { kind: "value", value };
}

/**
 * Computes every field of a step's input. A path that does not exist fails the step where the field is required,
 * and leaves the field out with a warning where it is optional: it never becomes null by itself.
 * Throws Failure `mapping_failed` or `mapping_too_expensive`, naming the field, the path and the nearest existing one.
 */
export function resolveInput(
  fields: readonly (readonly [name: string, value: CompiledInput])[],
  scope: Scope,
  { isRequired, budget }: { isRequired(field: string): boolean; budget: Budget },
): ResolvedInput {
  const value: JsonObject = Object.create(null);
  const warnings: MappingWarning[] = [];
  for (const [field, compiled] of fields) {
    try {
      value[field] = resolve(compiled, scope, budget);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      if (error.code !== "missing_path" || isRequired(field)) throw mappingFailure(field, error);
      warnings.push({
        field,
        message: `${error.message} The field was left out.`,
        ...(error.path === undefined ? {} : { path: error.path }),
        ...(error.nearest === undefined ? {} : { nearest: error.nearest }),
      });
    }
  }
  return { value, warnings };
}

function resolve(compiled: CompiledInput, scope: Scope, budget: Budget): Json {
  switch (compiled.kind) {
    case "value":
      return compiled.value;
    case "template":
      return toJson(compiled.template.evaluate(scope, budget), budget);
    case "list":
      return compiled.items.map((item) => resolve(item, scope, budget));
    case "object": {
      const value: JsonObject = Object.create(null);
      for (const [key, item] of compiled.entries) value[key] = resolve(item, scope, budget);
      return value;
    }
  }
}

/** The failure of a step whose field or condition could not be computed. */
export function mappingFailure(field: string, error: ExpressionError): Failure {
  const code = error.code === "too_expensive" ? "mapping_too_expensive" : "mapping_failed";
  const advice = error.nearest
    ? `Use ${error.nearest}, or write orValue(…) if the value may be absent.`
    : "Open the step, look at the field and at the data of this run.";
  return new Failure(code, `${field}: ${error.message}`, {
    field,
    advice,
    facts: {
      ...(error.path === undefined ? {} : { path: error.path }),
      ...(error.nearest === undefined ? {} : { nearest: error.nearest }),
    },
  });
}
