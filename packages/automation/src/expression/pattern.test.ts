import fc from "fast-check";
import { RE2JS } from "re2js";
import { expect, test } from "vitest";
import { Budget } from "./budget.ts";
import { Fault } from "./fault.ts";
import { compilePattern, estimateInstructions } from "./pattern.ts";

const pattern = fc.letrec<{ node: string }>((tie) => {
  const node = tie("node");
  return {
    node: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(
        "a",
        "abc",
        ".",
        "^",
        "$",
        "\\d",
        "\\pL",
        "\\b",
        "[a-z]",
        "[^\\]x]",
        "[]a]",
        "[[:alpha:]{2}]",
        "\\{",
        "\\x{10FFFF}",
        "\\Qa{9}\\E",
        "{",
        "a{,5}",
        "",
      ),
      fc.array(node, { maxLength: 3 }).map((parts) => parts.join("")),
      fc.tuple(node, node).map(([left, right]) => `(${left}|${right})`),
      fc.tuple(fc.constantFrom("(?:", "(?i:", "(?P<n>", "("), node).map(([open, inner]) => `${open}${inner})`),
      fc
        .tuple(node, fc.constantFrom("*", "+?", "?", "{3}", "{2,}", "{0,7}", "{12}"))
        .map(([inner, count]) => `(?:${inner})${count}`),
    ),
  };
}).node;

test("the estimate is never below the size of the compiled program", () => {
  let compiled = 0;
  fc.assert(
    fc.property(pattern, (source) => {
      const estimate = estimateInstructions(source);
      // What is refused is never compiled.
      fc.pre(estimate <= 20_000);
      let size: number;
      try {
        size = RE2JS.compile(source).programSize();
      } catch {
        return;
      }
      compiled++;
      // RE2 adds a fixed frame of a few instructions.
      expect(estimate + 8, source).toBeGreaterThanOrEqual(size);
    }),
    { numRuns: 3000 },
  );
  expect(compiled).toBeGreaterThan(1000);
});

test("a pattern that would unroll to a large program is refused before it is compiled", () => {
  for (const source of ["(a{1000}){1000}", "((((a{30}){30}){30}){30})", "(?:a|b|c){900}", "(a{99999999})"]) {
    expect(() => compilePattern(new Budget(), source)).toThrow(Fault);
  }
});

test("a pattern is paid for once per budget", () => {
  const budget = new Budget();
  compilePattern(budget, "[a-z]+");
  const first = budget.spent;
  compilePattern(budget, "[a-z]+");
  expect(budget.spent).toBe(first);
  expect(first).toBeGreaterThan(1000);
});
