import { Failure, isJsonObject, type Json, parseJson } from "@millrace/base";
import { z } from "zod";

/** JSON Schema (draft 2020-12). For input it is what a caller may write: an object admits no fields but its own. */
export function jsonSchemaOf(schema: z.ZodType, io: "input" | "output" = "input"): Json {
  const written = toJson(z.toJSONSchema(schema, { io, target: "draft-2020-12" }));
  const isOpenObject = isJsonObject(written) && written.type === "object" && !("additionalProperties" in written);
  return io === "input" && isOpenObject ? { ...written, additionalProperties: false } : written;
}

/** A plain JSON copy: what `JSON.stringify` keeps of a value. */
export function toJson(value: unknown): Json {
  const parsed = parseJson(JSON.stringify(value) ?? "null", { depth: 200, keys: 1_000_000 });
  if (parsed.ok) return parsed.value;
  throw new Failure("own_bug", `A value could not be written as JSON: ${parsed.message}`);
}
