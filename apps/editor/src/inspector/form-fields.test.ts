import type { JsonObject } from "@millrace/base";
import { describe, expect, test } from "vitest";
import { formFields, missingFields, titleFrom } from "./form-fields.ts";

const schema: JsonObject & { properties: JsonObject } = {
  type: "object",
  required: ["prompt", "count"],
  properties: {
    prompt: {
      type: "string",
      minLength: 1,
      title: "Prompt",
      description: "What to say.",
      placeholder: "Summarize …",
      control: "long-text",
    },
    model: { type: "string", control: "picker", title: "Model" },
    maxTokens: { type: "integer", minimum: 1, maximum: 9007199254740991 },
    temperature: { type: "number", minimum: 0, maximum: 1, advanced: true },
    stream: { type: "boolean" },
    method: { type: "string", enum: ["GET", "POST"], default: "GET" },
    mode: { anyOf: [{ const: "a", title: "Mode A" }, { const: 2 }] },
    headers: { type: "object", additionalProperties: { type: "string" } },
    value: {},
    notes: { type: "string", maxLength: 10_000 },
    tags: { $ref: "#/$defs/Tags", title: "Tags" },
    odd: { type: "string", control: "no-such-control" },
  },
  $defs: { Tags: { type: "array", items: { type: "string" }, description: "Some tags." } },
};

function field(name: string) {
  const found = formFields(schema).find((each) => each.name === name);
  if (!found) throw new Error(`no field ${name}`);
  return found;
}

describe("a form made of a JSON Schema", () => {
  test("keeps the schema's order", () => {
    expect(formFields(schema).map(({ name }) => name)).toEqual(Object.keys(schema.properties));
  });

  test("takes title, description, placeholder and control from the schema", () => {
    expect(field("prompt")).toMatchObject({
      title: "Prompt",
      description: "What to say.",
      placeholder: "Summarize …",
      control: "long-text",
      isRequired: true,
    });
  });

  test.each([
    ["model", "picker"],
    ["maxTokens", "number"],
    ["stream", "switch"],
    ["method", "select"],
    ["mode", "select"],
    ["headers", "key-value"],
    ["value", "json"],
    ["notes", "long-text"],
    ["tags", "json"],
    ["odd", "text"],
  ])("gives %s the control %s", (name, control) => {
    expect(field(name).control).toBe(control);
  });

  test("leaves out limits that only say how far a double counts", () => {
    expect(field("maxTokens").maximum).toBeUndefined();
    expect(field("maxTokens").minimum).toBe(1);
  });

  test("lists choices with their titles", () => {
    expect(field("mode").choices).toEqual([
      { value: "a", label: "Mode A" },
      { value: 2, label: "2" },
    ]);
  });

  test("follows references and folds away what is advanced", () => {
    expect(field("tags")).toMatchObject({ title: "Tags", description: "Some tags." });
    expect(field("temperature").isAdvanced).toBe(true);
  });

  test("copes with a schema that is none", () => {
    expect(formFields({})).toEqual([]);
    expect(formFields({ properties: { a: true } })).toEqual([]);
  });

  test("names the required fields that are empty", () => {
    expect(missingFields(formFields(schema), { prompt: "", count: 1 }).map(({ name }) => name)).toEqual(["prompt"]);
  });
});

test("titles come from names where there is none", () => {
  expect(titleFrom("maxTokens")).toBe("Max tokens");
  expect(titleFrom("reply_to")).toBe("Reply to");
});
