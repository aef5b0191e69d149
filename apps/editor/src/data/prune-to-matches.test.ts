import type { Json } from "@millrace/base";
import { expect, test } from "vitest";
import { pruneToMatches } from "./prune-to-matches.ts";

const items: Json[] = [{ id: 1 }, { id: 2, note: "find me" }];
const value = { body: { name: "Ada", items }, method: "POST" };

test("keeps what fits by name or value, and what leads there", () => {
  expect(pruneToMatches(value, "ada")).toEqual({ body: { name: "Ada" } });
  expect(pruneToMatches(value, "METHOD")).toEqual({ method: "POST" });
  expect(pruneToMatches(value, "  ")).toBe(value);
  expect(pruneToMatches(value, "nothing")).toBeUndefined();
});

test("keeps lists whole, so that paths stay right", () => {
  expect(pruneToMatches(value, "find me")).toEqual({ body: { items: value.body.items } });
});
