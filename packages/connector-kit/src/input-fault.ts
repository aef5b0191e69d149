import { Failure } from "@millrace/base";
import { z } from "zod";
import { suggestion } from "./nearest-names.ts";

export type InputFault = { field: string; message: string };

/** Validates resolved input. Throws `invalid_input` naming the field, what was expected, and a near name for an unknown field. */
export function parseInput<Schema extends z.ZodObject>(schema: Schema, input: unknown): z.output<Schema> {
  const known = Object.keys(schema.shape);
  if (typeof input === "object" && input !== null && !Array.isArray(input)) {
    const unknown = Object.keys(input).find((name) => !known.includes(name));
    if (unknown !== undefined) {
      throw new Failure("invalid_input", `There is no field "${unknown.slice(0, 80)}".`, {
        field: unknown.slice(0, 80),
        advice: suggestion(unknown, known),
      });
    }
  }
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const { field, message } = inputFault(schema, input, parsed.error);
  throw new Failure("invalid_input", message, { field });
}

/** The first fault, in words, with the field's title. Values are never repeated: any of them may be a secret. */
export function inputFault(schema: z.ZodObject, input: unknown, error: z.ZodError): InputFault {
  const issue = error.issues[0];
  const path = issue?.path ?? [];
  const title = titleOf(schema, path[0]);
  const field = pathText(path);
  const message = issue ? issueText(issue, valueAt(input, path)) : "is not usable";
  return { field, message: `${title ?? (field === "" ? "The input" : field)}: ${message}.` };
}

/** `items[2].name`, as definitions and failures write places. */
export function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`))
    .join("");
}

function titleOf(schema: z.ZodObject, name: PropertyKey | undefined): string | undefined {
  const field = typeof name === "string" ? schema.shape[name] : undefined;
  const title = field instanceof z.ZodType ? field.meta()?.title : undefined;
  return typeof title === "string" ? title : undefined;
}

function issueText(issue: z.core.$ZodIssue, value: unknown): string {
  if (
    value === undefined &&
    (issue.code === "invalid_type" || issue.code === "invalid_union" || issue.code === "invalid_value")
  ) {
    return "a value is required";
  }
  if (issue.code === "invalid_type") return `expected ${issue.expected}, got ${kindOf(value)}`;
  if (issue.code === "invalid_value")
    return `expected one of ${issue.values.map((option) => String(option)).join(", ")}`;
  if (issue.code === "invalid_union") return `a value of this kind (${kindOf(value)}) does not fit`;
  if (issue.code === "unrecognized_keys")
    return `there is no field ${issue.keys.map((key) => `"${key}"`).join(", ")} here`;
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
