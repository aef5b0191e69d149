import { parseJson } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { parsePayload } from "./payload.ts";

describe("parsePayload", () => {
  test("keeps whole numbers beyond 2^53 as text, with a finding for each", () => {
    expect(parsePayload('{"id": 9007199254740993, "list": [-12345678901234567890, 1]}')).toEqual({
      ok: true,
      value: { id: "9007199254740993", list: ["-12345678901234567890", 1] },
      findings: [
        { path: "id", kind: "unsafe_integer" },
        { path: "list[0]", kind: "unsafe_integer" },
      ],
    });
  });

  test("leaves safe whole numbers, fractions, exponents and digits in texts alone", () => {
    const text =
      '{"a":9007199254740991,"b":0.12345678901234567890,"c":1e30,"d":"12345678901234567890","12345678901234567890":"\\"12345678901234567890"}';
    expect(parsePayload(text)).toEqual({ ok: true, value: JSON.parse(text), findings: [] });
  });

  test("does not mend malformed JSON", () => {
    for (const text of [
      "[012345678901234567890]",
      "[1 12345678901234567890",
      '{"a" 12345678901234567890}',
      "[--12345678901234567890]",
      "12345678901234567890x",
    ]) {
      expect(parsePayload(text)).toEqual(parseJson(text));
    }
  });

  test("keeps the limits of parseJson", () => {
    expect(parsePayload(`${"[".repeat(100)}12345678901234567890${"]".repeat(100)}`)).toMatchObject({
      ok: false,
      reason: "too_deep",
    });
    expect(parsePayload("[12345678901234567890, 1]", { depth: 5, keys: 1 })).toMatchObject({
      ok: false,
      reason: "too_many_keys",
    });
  });

  test("copies no more numbers than a body may have", () => {
    const add = vi.spyOn(Set.prototype, "add");
    try {
      const wide = `[${"12345678901234567890,".repeat(100_000)}1]`;
      expect(parsePayload(wide)).toMatchObject({ ok: false, reason: "too_many_keys" });
      expect(add.mock.calls.length).toBeLessThan(20_000);
    } finally {
      add.mockRestore();
    }
  });

  test("reports the first hundred", () => {
    const parsed = parsePayload(
      JSON.stringify({ a: 1 }).replace("1", `[${Array(500).fill("12345678901234567890").join(",")}]`),
    );
    expect(parsed).toMatchObject({ ok: true });
    expect(parsed.ok && parsed.findings.length).toBe(100);
  });

  test("gives what JSON.parse gives for every JSON without large numbers", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value);
        const parsed = parsePayload(text);
        const safe = !/[0-9]{16}/.test(text);
        if (safe) expect(parsed).toEqual({ ok: true, value: JSON.parse(text), findings: [] });
        else expect(parsed.ok).toBe(true);
      }),
    );
  });

  test("never throws, whatever the text", () => {
    const part = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      "\\",
      "-",
      "1",
      "12345678901234567890",
      "e",
      ".",
      "null",
      "\ud800",
      "\u0000",
      " ",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
        const text = parts.join("");
        const parsed = parsePayload(text);
        expect(parsed.ok).toBe(parseJson(text).ok);
      }),
      { numRuns: 500 },
    );
  });
});
