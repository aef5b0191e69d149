import type { Json } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Budget, defaultBudgetUnits } from "./budget.ts";
import { compileExpression, type Scope } from "./expression.ts";
import { ExpressionError } from "./expression-error.ts";
import { functionTable } from "./functions.ts";
import { compileTemplate } from "./template.ts";
import { hostileBodies, killers } from "./testing/hostile-corpus.ts";
import { toJson } from "./value.ts";

/** Evaluates under a budget; what it spent. Fails if anything but an ExpressionError comes out. */
function run(source: string, scope: Scope, names: readonly string[], units = defaultBudgetUnits): number {
  const budget = new Budget(units);
  try {
    const json = toJson(compileExpression(source, { names }).evaluate(scope, budget), budget);
    expect(isPlainJson(json), source).toBe(true);
  } catch (error) {
    if (!(error instanceof ExpressionError))
      throw new Error(`${source.slice(0, 300)}: ${String(error)}`, { cause: error });
    expect(error.message).toMatch(/^.{3,}[.!?…]$/su);
    expect(error.message.length).toBeLessThan(1200);
  }
  expect(budget.spent).toBeLessThanOrEqual(units);
  return budget.spent;
}

/** Looks at 2,000 parts; a large result is made of the same. */
function isPlainJson(root: unknown): boolean {
  const open = [root];
  for (let looked = 0; open.length > 0 && looked < 2000; looked++) {
    const value = open.pop();
    if (value === null || typeof value === "string" || typeof value === "boolean") continue;
    if (typeof value === "number" && Number.isFinite(value)) continue;
    if (typeof value !== "object") return false;
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== null && prototype !== Object.prototype && prototype !== Array.prototype) return false;
    for (const inner of Object.values(value).slice(0, 50)) open.push(inner);
  }
  return true;
}

const bodies = hostileBodies();
const bodyNames = Object.keys(bodies);

describe("hostile expressions", () => {
  test.each(killers.map((source) => [source.slice(0, 90), source] as const))(
    "%s ends within its budget",
    (_, source) => {
      run(source, { b: bodies }, ["b"]);
    },
  );

  test("every function ends within its budget on every hostile body", () => {
    for (const entry of functionTable) {
      if (!entry.run) continue;
      for (const name of bodyNames) {
        const count = entry.parameters.length;
        const method = entry.form === "function" ? `${entry.name}(b.${name}` : `b.${name}.${entry.name}(`;
        for (const argument of [`b.${name}`, "'a'", "3"]) {
          const rest = Array.from({ length: count - 1 }, () => argument).join(", ");
          const separator = entry.form === "function" && count > 1 ? ", " : "";
          if (entry.form === "function" && count === 0) continue;
          run(`${method}${separator}${rest})`, { b: bodies }, ["b"], 150_000);
        }
      }
    }
  }, 60_000);
});

const names = ["a", "b", "c", "trigger"] as const;
const strangeText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom(
    "",
    "0",
    "-1",
    "1e400",
    "2026-02-30T00:00:00Z",
    "2026-01-02T03:04:05Z",
    "1h",
    "Europe/Berlin",
    "+25:00",
    "(",
    "[a-",
    "a{1000}",
    "yyyy-MM-dd",
    "'",
    "USD",
    "US",
    "+12125550123",
    "\u0000",
    "\ud800",
    "%",
    "%zz",
    "=",
    "{}",
    "[",
    "__proto__",
    "constructor",
    "İ",
    "ﷺ",
    "😀",
  ),
);
const scalar: fc.Arbitrary<Json> = fc.oneof(
  strangeText,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(0, -0, 1e21, 2 ** 53, -(2 ** 53) + 1, 1e-7, 5e-324, 1.7976931348623157e308),
  fc.boolean(),
  fc.constant(null),
);
const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.oneof(strangeText, fc.constantFrom("a", "b", "name")), tie("value"), { maxKeys: 4 }),
  ),
})).value;
const scope = fc.record({ a: json, b: json, c: json, trigger: json });

const methods = functionTable.filter((entry) => entry.form !== "function").map((entry) => entry.name);
const functions = functionTable.filter((entry) => entry.form !== "method").map((entry) => entry.name);
const join = (parts: string[]) => parts.join(", ");

/** Sources that mostly parse. */
const expression = fc.letrec<{ node: string }>((tie) => {
  const node = tie("node");
  const some = fc.array(node, { maxLength: 3 }).map(join);
  return {
    node: fc.oneof(
      { maxDepth: 4, depthIdentifier: "node" },
      fc.constantFrom(
        ...names,
        "x",
        "y",
        "1",
        "0",
        "2.5",
        "'a'",
        "''",
        "'[a-z]+'",
        "true",
        "null",
        "[]",
        "{}",
        "'Europe/Berlin'",
        "timestamp(0)",
        "duration('1h')",
      ),
      scalar.map((value) => JSON.stringify(value)),
      fc
        .tuple(node, fc.constantFrom("a", "b", "name", "constructor", "__proto__"), fc.constantFrom(".", ".?"))
        .map(([target, key, dot]) => `${target}${dot}${key}`),
      fc.tuple(node, node, fc.constantFrom("[", "[?")).map(([target, index, open]) => `${target}${open}${index}]`),
      fc
        .tuple(node, fc.constantFrom("+", "-", "*", "/", "%", "==", "!=", "<", ">=", "in", "&&", "||"), node)
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      fc.tuple(fc.constantFrom("!", "-"), node).map(([operator, operand]) => `${operator}(${operand})`),
      fc.tuple(node, node, node).map(([condition, left, right]) => `(${condition} ? ${left} : ${right})`),
      fc
        .tuple(node, fc.constantFrom(...methods), some)
        .map(([receiver, name, args]) => `(${receiver}).${name}(${args})`),
      fc.tuple(fc.constantFrom(...functions), some).map(([name, args]) => `${name}(${args})`),
      fc
        .tuple(
          node,
          fc.constantFrom("all", "exists", "exists_one", "map", "filter", "sortBy", "groupBy"),
          fc.constantFrom("x", "y"),
          node,
        )
        .map(([range, macro, name, inner]) => `(${range}).${macro}(${name}, ${inner})`),
      fc.tuple(node, node).map(([value, inner]) => `cel.bind(x, ${value}, ${inner})`),
      some.map((elements) => `[${elements}]`),
      fc.tuple(node, node).map(([key, value]) => `{${key}: ${value}}`),
      fc.tuple(node, node).map(([target, fallback]) => `(${target}).orValue(${fallback})`),
    ),
  };
}).node;

/** Cuts, repeats and swaps pieces: sources that mostly don't parse. */
const mutated = fc
  .tuple(
    expression,
    fc.array(
      fc.tuple(
        fc.nat(400),
        fc.nat(20),
        fc.constantFrom(
          "",
          "(",
          ")",
          "[",
          "{",
          "'",
          '"',
          "\\",
          "?",
          ".",
          "..",
          "//",
          "1e",
          "0x",
          "u",
          "b'",
          "r'",
          "`",
          "\u0000",
          "\n",
          "😀",
          "!!",
          "- -",
          "&&",
          "in",
          "\ud800",
        ),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([source, edits]) =>
    edits
      .reduce((text, [at, length, inserted]) => text.slice(0, at) + inserted + text.slice(at + length), source)
      .slice(0, 4096),
  );

describe("any expression on any body", () => {
  test("ends with plain JSON or an ExpressionError, within its budget", () => {
    fc.assert(
      fc.property(expression, scope, (source, data) => {
        run(source, data, [...names, "x", "y"], 50_000);
      }),
      { numRuns: 4000 },
    );
  }, 60_000);

  test("does so when the source is damaged", () => {
    fc.assert(
      fc.property(mutated, scope, (source, data) => {
        run(source, data, [...names, "x", "y"], 50_000);
      }),
      { numRuns: 3000 },
    );
  }, 60_000);

  test("does so with large bodies", () => {
    fc.assert(
      fc.property(expression, fc.constantFrom(...bodyNames), fc.constantFrom(...bodyNames), (source, one, other) => {
        run(source, { a: bodies[one] ?? null, b: bodies[other] ?? null, c: bodies, trigger: 1 }, names, 100_000);
      }),
      { numRuns: 600 },
    );
  }, 60_000);

  test("does so inside a template", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(mutated, fc.constantFrom("{{", "}}", "{{ a }}", " ", "'", '"')), { maxLength: 5 }),
        scope,
        (parts, data) => {
          try {
            compileTemplate(parts.join(""), { names }).evaluate(data, new Budget(20_000));
          } catch (error) {
            expect(error).toBeInstanceOf(ExpressionError);
          }
        },
      ),
      { numRuns: 1500 },
    );
  }, 60_000);

  test("spends the same when it runs again", () => {
    fc.assert(
      fc.property(expression, scope, (source, data) => {
        expect(run(source, data, names, 20_000)).toBe(run(source, data, names, 20_000));
      }),
      { numRuns: 500 },
    );
  }, 60_000);
});
