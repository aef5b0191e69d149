import { isJsonObject, type Json, type JsonObject } from "@millrace/base";

export const asObject = (value: Json): JsonObject => (isJsonObject(value) ? value : {});

/** The object at a key, or an empty one: schemas come over the wire and any part may be missing. */
export function objectAt(schema: JsonObject, key: string): JsonObject {
  const value = schema[key];
  return isJsonObject(value) ? value : {};
}

export function textAt(schema: JsonObject, key: string): string | undefined {
  const value = schema[key];
  return typeof value === "string" ? value : undefined;
}

export function listAt(schema: JsonObject, key: string): Json[] {
  const value = schema[key];
  return Array.isArray(value) ? value : [];
}

/** A schema with a `$ref` to its own document followed. */
export function resolved(schema: JsonObject, root: JsonObject): JsonObject {
  const reference = textAt(schema, "$ref");
  if (!reference?.startsWith("#/$defs/")) return schema;
  const { $ref: _, ...rest } = schema;
  return { ...objectAt(objectAt(root, "$defs"), reference.slice("#/$defs/".length)), ...rest };
}
