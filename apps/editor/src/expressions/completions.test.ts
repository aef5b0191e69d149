import { CompletionContext } from "@codemirror/autocomplete";
import { EditorState } from "@codemirror/state";
import { expect, test } from "vitest";
import { completionSource, valueAt } from "./completions.ts";

const scope = {
  trigger: { body: { text: "Hello", items: [{ id: 1 }], "x-id": 2 } },
  steps: { ask: { text: "Hi" } },
  run: { id: "run_01" },
  automation: { id: "atm_01", name: "Example" },
};

function complete(text: string, isExpression = false): string[] {
  const position = text.indexOf("|");
  const state = EditorState.create({ doc: text.replace("|", "") });
  const result = completionSource(scope, isExpression)(new CompletionContext(state, position, false));
  return result?.options.map(({ label }) => label) ?? [];
}

test("offers the names of the scope first inside a template", () => {
  expect(complete("Hi {{ | }}").slice(0, 4)).toEqual(["trigger", "steps", "run", "automation"]);
  expect(complete("Hi {{ |").slice(0, 2)).toEqual(["trigger", "steps"]);
});

test("offers nothing in plain text", () => {
  expect(complete("Hello tr|")).toEqual([]);
  expect(complete("{{ a }} tr|")).toEqual([]);
});

test("offers the fields of the sample after a dot, then methods", () => {
  expect(complete("{{ trigger.body.| }}").slice(0, 3)).toEqual(["text", "items", "x-id"]);
  expect(complete("steps.ask.te|", true)).toContain("text");
  expect(complete("trigger.body.items[0].|", true)[0]).toBe("id");
});

test("offers functions from the table", () => {
  expect(complete("si|", true)).toContain("size");
});

test("reads plain paths only", () => {
  expect(valueAt(scope, "trigger.body.items[0]")).toEqual({ id: 1 });
  expect(valueAt(scope, 'trigger.body["x-id"]')).toBe(2);
  expect(valueAt(scope, "trigger.body.size()")).toBeUndefined();
  expect(valueAt(scope, "trigger.constructor")).toBeUndefined();
});
