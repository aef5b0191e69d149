import { Failure, isJsonObject, type JsonObject } from "@millrace/base";
import { toJson } from "./json-schema.ts";

/** An action's example as plain JSON, for the catalog and for previews. */
export function exampleOf(example: { input: unknown; output: unknown }): { input: JsonObject; output: JsonObject } {
  return { input: objectOf(example.input), output: objectOf(example.output) };
}

function objectOf(value: unknown): JsonObject {
  const json = toJson(value);
  if (isJsonObject(json)) return json;
  throw new Failure("own_bug", "An action's example is not an object.");
}
