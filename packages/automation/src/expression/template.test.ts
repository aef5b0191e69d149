import { describe, expect, test } from "vitest";
import { Budget } from "./budget.ts";
import { ExpressionError } from "./expression-error.ts";
import { compileTemplate } from "./template.ts";
import { Timestamp } from "./value.ts";

const scope = { trigger: { body: { name: "Ada", n: 2, list: [1, { a: null }], nothing: null, yes: true } } };
const evaluate = (text: string) => compileTemplate(text).evaluate(scope);

function errorOf(text: string): ExpressionError {
  try {
    evaluate(text);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`${text} has a value`);
}

describe("a template", () => {
  test("without an expression is itself", () => {
    expect(compileTemplate("a } b {").kind).toBe("literal");
    expect(evaluate("a } b { c }}")).toBe("a } b { c }}");
    expect(evaluate("")).toBe("");
  });

  test("that is one expression keeps its type", () => {
    expect(compileTemplate("{{ trigger.body.n }}").kind).toBe("expression");
    expect(evaluate("{{ trigger.body.n }}")).toBe(2);
    expect(evaluate("{{trigger.body.list}}")).toBe(scope.trigger.body.list);
    expect(evaluate("{{ trigger.body.nothing }}")).toBe(null);
    expect(evaluate("{{ timestamp(0) }}")).toEqual(new Timestamp(0));
  });

  test("that mixes text and expressions gives text", () => {
    expect(compileTemplate(" {{ 1 }}").kind).toBe("mixed");
    expect(evaluate("Hello {{ trigger.body.name }}!")).toBe("Hello Ada!");
    expect(evaluate("{{ trigger.body.n }}{{ trigger.body.yes }}")).toBe("2true");
    expect(evaluate("list: {{ trigger.body.list }}")).toBe('list: [1,{"a":null}]');
    expect(evaluate("at {{ timestamp(0) }} for {{ duration('90s') }}")).toBe("at 1970-01-01T00:00:00Z for 90s");
    expect(evaluate("map {{ {'at': timestamp(0)} }}")).toBe('map {"at":"1970-01-01T00:00:00Z"}');
  });

  test("writes braces as text through a string", () => {
    expect(evaluate(`{{ "{{" }} is {{ '}}' }}`)).toBe("{{ is }}");
    expect(evaluate(`a {{ r"\\d}}" + "}}\\"}}" }}`)).toBe('a \\d}}}}"}}');
    expect(evaluate(`{{ {"a": {"b": 1}}.a.b }}`)).toBe(1);
    expect(evaluate('{{ """}} " """ }}')).toBe('}} " ');
    expect(evaluate("{{ 1 // don't\n + 1 }}")).toBe(2);
  });

  test("refuses null in text and names the path", () => {
    expect(errorOf("Hello {{ trigger.body.nothing }}")).toMatchObject({
      code: "missing_path",
      path: "trigger.body.nothing",
    });
    expect(errorOf("Hello {{ trigger.body.nothing }}").message).toContain("is null");
    expect(evaluate("Hello {{ trigger.body.?nothing.orValue('friend') }}")).toBe("Hello friend");
    expect(evaluate("Hello {{ trigger.body.?nothing.orValue(null) }}")).toBe("Hello ");
  });

  test("places errors within the whole text", () => {
    expect(errorOf("Hello {{ triger.body }}")).toMatchObject({ code: "unknown_name", position: { start: 9, end: 15 } });
    expect(errorOf("Hello {{ 1 + }}").position?.start).toBeGreaterThan(8);
    expect(errorOf("Hello {{ name")).toMatchObject({ code: "syntax", position: { start: 6 } });
    expect(errorOf("Hello {{ 'name }}").code).toBe("syntax");
    expect(errorOf("Hello {{ }}").code).toBe("syntax");
    expect(errorOf("{{ 1 }}".repeat(201)).code).toBe("too_long");
  });

  test("names the paths of all its expressions, needed if any needs them", () => {
    const { paths } = compileTemplate(
      "{{ trigger.body.?name.orValue('') }} {{ trigger.body.name }} {{ trigger.body.?n.orValue(1) }}",
    );
    expect(paths.map(({ text, optional }) => [text, optional])).toEqual([
      ["trigger.body.name", false],
      ["trigger.body.n", true],
    ]);
  });

  test("stops at the budget", () => {
    expect(() => compileTemplate("{{ trigger.body.name }} and").evaluate(scope, new Budget(3))).toThrow(
      ExpressionError,
    );
  });
});
