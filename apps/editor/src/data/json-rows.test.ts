import { expect, test } from "vitest";
import { jsonRows, keyOf, rowsAtOnce, summarize, type TreeState } from "./json-rows.ts";

const untouched: TreeState = { toggled: new Map(), shown: new Map() };
const labels = (rows: ReturnType<typeof jsonRows>) =>
  rows.map((row) => (row.kind === "value" ? `${row.depth} ${row.label}` : `${row.depth} +${row.hidden}`));

test("shows the levels that are open", () => {
  const value = { a: { b: { c: 1 } }, d: [true] };
  expect(labels(jsonRows(value, ["trigger"], untouched, 1))).toEqual(["0 a", "1 b", "0 d", "1 0"]);
  expect(labels(jsonRows(value, ["trigger"], untouched, 0))).toEqual(["0 a", "0 d"]);
});

test("opens and closes by hand", () => {
  const toggled = new Map([[keyOf(["trigger", "a"]), true]]);
  expect(labels(jsonRows({ a: { b: 1 } }, ["trigger"], { ...untouched, toggled }, 0))).toEqual(["0 a", "1 b"]);
});

test("shows long lists in parts", () => {
  const value = Array.from({ length: 250 }, (_, index) => index);
  const rows = jsonRows(value, [], untouched, 1);
  expect(rows).toHaveLength(rowsAtOnce + 1);
  expect(labels(rows).at(-1)).toBe("0 +150");
  const shown = new Map([[keyOf([]), 200]]);
  expect(labels(jsonRows(value, [], { ...untouched, shown }, 1)).at(-1)).toBe("0 +50");
});

test("keeps keys such as __proto__ apart from their parents", () => {
  const value = JSON.parse('{"__proto__": {"x": 1}, "a.b": 2}');
  expect(labels(jsonRows(value, [], untouched, 2))).toEqual(["0 __proto__", "1 x", "0 a.b"]);
});

test("sums values up in a line", () => {
  expect(summarize("a\nb")).toBe('"a↵ b"');
  expect(summarize("x".repeat(90))).toBe(`"${"x".repeat(80)}…"`);
  expect(summarize([1, 2])).toBe("2 items");
  expect(summarize({ a: 1 })).toBe("1 key");
  expect(summarize(null)).toBe("null");
});
