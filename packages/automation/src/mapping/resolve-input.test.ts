import { Failure, type Json, type JsonObject } from "@millrace/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Budget } from "../expression/budget.ts";
import { compileInput, resolveInput } from "./resolve-input.ts";

const scope = {
  trigger: { body: { text: "hello", n: 4, list: [1, 2], nothing: null } },
  steps: { ask: { text: "Hi" } },
};

function resolve(input: JsonObject, required: string[] = Object.keys(input)) {
  const fields = Object.entries(input).map(([name, value]) => [name, compileInput(value)] as const);
  return resolveInput(fields, scope, { isRequired: (field) => required.includes(field), budget: new Budget() });
}

const failureOf = (run: () => unknown): Failure => {
  try {
    run();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("it did not fail");
};

test("a field that is one expression keeps the value's type; text around it makes text", () => {
  expect(
    resolve({
      n: "{{ trigger.body.n }}",
      list: "{{ trigger.body.list }}",
      mixed: "n is {{ trigger.body.n }}, {{ steps.ask.text }}",
    }).value,
  ).toEqual({ n: 4, list: [1, 2], mixed: "n is 4, Hi" });
});

test("expressions work at any depth, keys and other values stay", () => {
  const value = resolve({ body: { deep: [{ text: "{{ trigger.body.text }}", __proto__x: 1 }], flag: true } }).value;
  expect(value).toEqual({ body: { deep: [{ text: "hello", __proto__x: 1 }], flag: true } });
});

test("a path that isn't there fails a required field, naming field, path and the nearest one", () => {
  const failure = failureOf(() => resolve({ prompt: "{{ trigger.body.txet }}" }));
  expect(failure.toRecord()).toMatchObject({
    code: "mapping_failed",
    field: "prompt",
    facts: { path: "trigger.body.txet", nearest: "trigger.body.text" },
    advice: expect.stringContaining("trigger.body.text"),
  });
});

test("a path that isn't there leaves an optional field out, with a warning", () => {
  const { value, warnings } = resolve({ prompt: "x", system: "{{ trigger.body.sytem }}" }, ["prompt"]);
  expect(Object.keys(value)).toEqual(["prompt"]);
  expect(warnings).toEqual([expect.objectContaining({ field: "system", path: "trigger.body.sytem" })]);
});

test("a wrong type is a failure in optional fields too: only absence may be left out", () => {
  expect(failureOf(() => resolve({ system: "{{ trigger.body.n + 'x' }}" }, [])).code).toBe("mapping_failed");
});

test("an expression that costs too much says so", () => {
  const nested =
    "{{ [1,2,3,4,5,6,7,8,9].map(a, [1,2,3,4,5,6,7,8,9].map(b, [1,2,3,4,5,6,7,8,9].map(c, [1,2,3,4,5,6,7,8,9].map(d, [1,2,3,4,5,6,7,8,9].map(e, [1,2,3,4,5,6,7,8,9].map(f, a + b + c + d + e + f)))))) }}";
  expect(failureOf(() => resolve({ x: nested })).code).toBe("mapping_too_expensive");
});

test("input without expressions comes out as it went in", () => {
  const plain = fc.jsonValue().filter((value) => !JSON.stringify(value).includes("{{"));
  fc.assert(
    fc.property(fc.dictionary(fc.string(), plain), (input) => {
      expect(JSON.stringify(resolve(input as JsonObject).value)).toBe(JSON.stringify(input as Json));
    }),
  );
});
