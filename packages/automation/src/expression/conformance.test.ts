import { describe, expect, test } from "vitest";
import { type ConformanceCase, conformanceCases, type Outcome, runCase } from "./testing/conformance-cases.ts";
import { differences, type UnsupportedRule, unsupported } from "./testing/conformance-differences.ts";

const outcomes = conformanceCases().map((one) => ({ one, outcome: runCase(one) }));
const listed = new Set(differences.flatMap((difference) => difference.cases));

function fits(rule: UnsupportedRule, { id, expression, original }: ConformanceCase, outcome: Outcome): boolean {
  return (
    rule.ids?.test(id) === true ||
    rule.expressions?.test(expression) === true ||
    (original.bindings !== undefined && rule.bindings?.test(JSON.stringify(original.bindings)) === true) ||
    (outcome.kind === "refused" && rule.messages?.test(outcome.message) === true)
  );
}

describe("the CEL conformance suite", () => {
  test("disagrees only in the cases that are listed as differences", () => {
    const disagreeing = outcomes.filter(({ outcome }) => outcome.kind === "differs").map(({ one }) => one.id);
    expect(disagreeing.sort()).toEqual([...listed].sort());
  });

  test("refuses only what a rule lists as unsupported", () => {
    const unexplained = outcomes.filter(
      ({ one, outcome }) => outcome.kind === "refused" && !unsupported.some((rule) => fits(rule, one, outcome)),
    );
    expect(unexplained.map(({ one, outcome }) => [one.id, one.expression, outcome])).toEqual([]);
  });

  test.each(unsupported.map((rule) => [rule.what, rule] as const))("refuses every case of: %s", (_, rule) => {
    const fitting = outcomes.filter(({ one, outcome }) => fits(rule, one, outcome));
    expect(fitting.length).toBeGreaterThan(0);
    expect(fitting.filter(({ outcome }) => outcome.kind !== "refused").map(({ one }) => one.id)).toEqual([]);
  });

  test("agrees in as many cases as the README says", () => {
    const count = (kind: Outcome["kind"]) => outcomes.filter(({ outcome }) => outcome.kind === kind).length;
    expect({ agrees: count("agrees"), differs: count("differs"), refused: count("refused") }).toEqual({
      agrees: 981,
      differs: 25,
      refused: 1338,
    });
  });
});
