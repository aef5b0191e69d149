import type { Definition } from "@millrace/automation";
import { describe, expect, test } from "vitest";
import {
  duplicateStep,
  freshId,
  insertStep,
  moveStep,
  removeStep,
  renameReference,
  renameStep,
} from "./edit-definition.ts";
import { findPlaced, rootList, stepIds } from "./step-places.ts";

const definition: Definition = {
  millrace: 1,
  name: "Example",
  trigger: { type: "webhook" },
  steps: [
    { id: "first", action: "http.request", input: { url: "{{ trigger.body.url }}" } },
    {
      id: "size",
      branch: [
        {
          when: "size(steps.first.text) > 2",
          steps: [
            { id: "warn", action: "keyvalue.set", input: { key: "steps.first", value: "{{ steps.first.text }}" } },
          ],
        },
        { otherwise: [] },
      ],
    },
    { id: "last", set: { copy: ["{{ steps.first.text + steps['first'].more }}"] } },
  ],
};

describe("editing a definition", () => {
  test("lists steps in reading order, those inside branches included", () => {
    expect(stepIds(definition)).toEqual(["first", "size", "warn", "last"]);
  });

  test("inserts into an empty arm", () => {
    const next = insertStep(
      definition,
      { list: { kind: "arm", stepId: "size", arm: 1 }, index: 0 },
      { id: "quiet", set: {} },
    );
    expect(stepIds(next)).toEqual(["first", "size", "warn", "quiet", "last"]);
    expect(stepIds(definition)).toEqual(["first", "size", "warn", "last"]);
  });

  test("removes a step inside a branch", () => {
    expect(stepIds(removeStep(definition, "warn"))).toEqual(["first", "size", "last"]);
  });

  test("moves a step among its neighbours and no further", () => {
    expect(moveStep(definition, "last", -1).steps.map(({ id }) => id)).toEqual(["first", "last", "size"]);
    expect(moveStep(definition, "last", 1)).toEqual(definition);
  });

  test("renames a step and the mappings that read it, not plain text that looks like one", () => {
    const next = renameStep(definition, "first", "fetch");
    expect(findPlaced(next, "warn")?.step).toEqual({
      id: "warn",
      action: "keyvalue.set",
      input: { key: "steps.first", value: "{{ steps.fetch.text }}" },
    });
    expect(findPlaced(next, "size")?.step).toMatchObject({ branch: [{ when: "size(steps.fetch.text) > 2" }, {}] });
    expect(findPlaced(next, "last")?.step).toMatchObject({
      set: { copy: ["{{ steps.fetch.text + steps['fetch'].more }}"] },
    });
  });

  test("leaves longer names alone", () => {
    expect(renameReference("steps.firstly.a + steps.first.b + mysteps.first", "first", "x")).toBe(
      "steps.firstly.a + steps.x.b + mysteps.first",
    );
  });

  test("duplicates a branch with fresh ids inside", () => {
    const next = duplicateStep(definition, "size");
    expect(stepIds(next.definition)).toEqual(["first", "size", "warn", "size2", "warn2", "last"]);
    expect(next.stepId).toBe("size2");
  });

  test("inserts at the end of the automation", () => {
    const next = insertStep(definition, { list: rootList, index: 3 }, { id: "end", filter: "true" });
    expect(next.steps.at(-1)).toEqual({ id: "end", filter: "true" });
  });
});

test("a fresh id counts up from the base", () => {
  expect(freshId("send", new Set(["send", "send2"]))).toBe("send3");
  expect(freshId("send2", new Set(["send2"]))).toBe("send3");
  expect(freshId("other", new Set(["send"]))).toBe("other");
});
