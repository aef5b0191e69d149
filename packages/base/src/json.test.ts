import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { parseJson } from "./json.ts";

test("reads back what JSON.stringify wrote, whatever the keys are called", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = JSON.stringify(value);
      const parsed = parseJson(text);
      expect(parsed.ok && JSON.stringify(parsed.value)).toBe(text);
    }),
  );
});

test("keeps a __proto__ key as data and leaves prototypes alone", () => {
  const parsed = parseJson('{"__proto__": {"polluted": 1}}');
  expect(parsed.ok && Object.keys(parsed.value as object)).toEqual(["__proto__"]);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test("refuses nesting that would exhaust the stack later, without reading it recursively", () => {
  const parsed = parseJson("[".repeat(100_000) + "]".repeat(100_000));
  expect(parsed).toMatchObject({ ok: false, reason: "too_deep" });
});

test("does not count brackets inside strings as nesting", () => {
  expect(parseJson(JSON.stringify("[".repeat(1_000)))).toMatchObject({ ok: true });
  expect(parseJson(`["\\"${"[".repeat(1_000)}"]`)).toMatchObject({ ok: true });
});

test("refuses a body with more keys than the limit", () => {
  const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`k${index}`, 1])));
  expect(parseJson(wide)).toMatchObject({ ok: false, reason: "too_many_keys" });
});

test("counts as many keys and elements as there are, wherever they stand", () => {
  const count = (value: unknown): number =>
    typeof value !== "object" || value === null
      ? 0
      : Object.values(value).reduce((sum, child) => sum + 1 + count(child), 0);
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      const entries = count(value);
      expect(parseJson(text, { depth: 64, keys: entries })).toMatchObject({ ok: true });
      expect(parseJson(text, { depth: 64, keys: entries - 1 })).toMatchObject({ reason: "too_many_keys" });
    }),
  );
});

test("builds nothing of a body with more elements than the limit", () => {
  const parse = vi.spyOn(JSON, "parse");
  try {
    const wide = `[${"{},".repeat(4_000_000)}{}]`;
    expect(parseJson(wide)).toMatchObject({ ok: false, reason: "too_many_keys" });
    expect(parse).not.toHaveBeenCalled();
  } finally {
    parse.mockRestore();
  }
});

test("says where malformed text went wrong and accepts a byte order mark", () => {
  expect(parseJson('{"a": }')).toMatchObject({ ok: false, reason: "malformed" });
  expect(parseJson("\uFEFF[1]")).toEqual({ ok: true, value: [1] });
});
