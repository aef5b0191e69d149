import { isJsonObject, type Json, type JsonObject } from "@millrace/base";
import { asObject, listAt, objectAt, resolved, textAt } from "./json-schema.ts";

export const fieldControls = [
  "text",
  "long-text",
  "picker",
  "json",
  "key-value",
  "select",
  "number",
  "switch",
  "code",
  "duration",
] as const;
export type FieldControl = (typeof fieldControls)[number];

export type FormField = {
  name: string;
  title: string;
  description?: string;
  placeholder?: string;
  control: FieldControl;
  isRequired: boolean;
  isAdvanced: boolean;
  /** Of a select. */
  choices: { value: Json; label: string }[];
  minimum?: number;
  maximum?: number;
  /** What the action takes when the field is left out. */
  defaultValue?: Json;
};

/** The fields of an action, in the order of its JSON Schema. */
export function formFields(source: Json): FormField[] {
  const schema = asObject(source);
  const required = new Set(listAt(schema, "required"));
  return Object.entries(objectAt(schema, "properties")).flatMap(([name, property]) =>
    isJsonObject(property) ? [formField(name, resolved(property, schema), required.has(name))] : [],
  );
}

function formField(name: string, schema: JsonObject, isRequired: boolean): FormField {
  const choices = choicesOf(schema);
  const description = textAt(schema, "description");
  const placeholder = textAt(schema, "placeholder") ?? exampleText(schema);
  const { minimum, maximum } = { minimum: numberAt(schema, "minimum"), maximum: numberAt(schema, "maximum") };
  return {
    name,
    title: textAt(schema, "title") ?? titleFrom(name),
    control: controlOf(schema, choices.length > 0),
    isRequired,
    isAdvanced: schema.advanced === true,
    choices,
    ...(description === undefined ? {} : { description }),
    ...(placeholder === undefined ? {} : { placeholder }),
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    ...(schema.default === undefined ? {} : { defaultValue: schema.default }),
  };
}

/** What the connector asked for, else what fits the type. */
function controlOf(schema: JsonObject, hasChoices: boolean): FieldControl {
  const wished = fieldControls.find((control) => control === schema.control);
  if (wished) return wished;
  if (hasChoices) return "select";
  switch (schema.type) {
    case "boolean":
      return "switch";
    case "number":
    case "integer":
      return "number";
    case "string":
      return (numberAt(schema, "maxLength") ?? 0) > 500 ? "long-text" : "text";
    case "object":
      return isJsonObject(schema.additionalProperties) && schema.additionalProperties.type === "string"
        ? "key-value"
        : "json";
    default:
      return "json";
  }
}

/** The values a field may have, from `enum` or from constants with titles. */
export function choicesOf(schema: JsonObject): FormField["choices"] {
  const values = listAt(schema, "enum");
  if (values.length > 0) return values.map((value) => ({ value, label: labelOf(value) }));
  const options = listAt(schema, "anyOf").filter(isJsonObject);
  if (options.length === 0 || !options.every((option) => option.const !== undefined)) return [];
  return options.map((option) => ({
    value: option.const ?? null,
    label: textAt(option, "title") ?? labelOf(option.const ?? null),
  }));
}

const labelOf = (value: Json) => (typeof value === "string" ? value : JSON.stringify(value));

function exampleText(schema: JsonObject): string | undefined {
  const [example] = listAt(schema, "examples");
  return typeof example === "string" || typeof example === "number" ? String(example) : undefined;
}

function numberAt(schema: JsonObject, key: string): number | undefined {
  const value = schema[key];
  // JSON Schema of an unbounded integer carries the limits of a double; those are no limits to show.
  return typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** `maxTokens` becomes "Max tokens". */
export function titleFrom(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/[_-]+/g, " ")
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Required fields that hold nothing yet. */
export function missingFields(fields: readonly FormField[], input: JsonObject): FormField[] {
  return fields.filter(({ name, isRequired, defaultValue }) => {
    const value = Object.hasOwn(input, name) ? input[name] : undefined;
    return isRequired && defaultValue === undefined && (value === undefined || value === "");
  });
}
