import { describe, expect, test } from "vitest";
import { compileExpression } from "./expression.ts";
import { findFunctions, functionTable } from "./functions.ts";
import { toJson } from "./value.ts";

describe("the function table", () => {
  test.each(functionTable.map((entry) => [entry.signature, entry] as const))(
    "%s gives what its example says",
    (_, entry) => {
      expect(toJson(compileExpression(entry.example.source).evaluate({}))).toEqual(entry.example.result);
    },
  );

  test("shows every function by name in its own example", () => {
    for (const entry of functionTable) expect(entry.example.source).toContain(entry.name);
  });

  test("has one line of doc for every function, ending in a full stop", () => {
    for (const entry of functionTable) expect(entry.doc).toMatch(/^[^\n]{10,160}\.$/);
  });

  test("never offers two entries that take the same arguments", () => {
    const seen = new Set<string>();
    for (const entry of functionTable) {
      for (const form of entry.form === "both" ? (["function", "method"] as const) : [entry.form]) {
        const shape = `${form} ${entry.name}(${entry.parameters.map((parameter) => parameter.types.join("|")).join(",")})`;
        expect(seen).not.toContain(shape);
        seen.add(shape);
        if (entry.run) expect(findFunctions(entry.name, form)).toContain(entry);
      }
    }
  });
});
