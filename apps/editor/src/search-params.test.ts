import { expect, test } from "vitest";
import { localPath, oneOf } from "./search-params.ts";

test.each([
  ["/runs/run_1?step=a", "/runs/run_1?step=a"],
  ["https://example.com", undefined],
  ["//example.com", undefined],
  ["/\\example.com", undefined],
  ["javascript:alert(1)", undefined],
  [undefined, undefined],
])("goes back to %s as %s", (value, path) => {
  expect(localPath(value)).toBe(path);
});

test("ignores names that are not on the list", () => {
  expect(oneOf(["a", "b"], "b")).toBe("b");
  expect(oneOf(["a", "b"], "c")).toBeUndefined();
});
