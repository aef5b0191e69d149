import { describe, expect, test } from "vitest";
import { Budget } from "./budget.ts";
import { compileExpression } from "./expression.ts";
import { ExpressionError } from "./expression-error.ts";
import { toJson } from "./value.ts";

const body = {
  text: "hello",
  n: 41,
  nothing: null,
  user: { name: "Ada", tags: ["a", "b"] },
  items: [
    { id: 1, name: "one" },
    { id: 2, name: "two" },
  ],
};
const scope = { trigger: { body, headers: { "x-id": "7" } }, steps: {} };

const jsonOf = (source: string) => toJson(compileExpression(source).evaluate(scope));

function errorOf(source: string, within: Record<string, object> = scope): ExpressionError {
  try {
    compileExpression(source).evaluate(within as typeof scope);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`${source} has a value`);
}

describe("operators", () => {
  test.each([
    ["trigger.body.n + 1", 42],
    ["1 / 2", 0.5],
    ["7 % 3", 1],
    ["-7 % 3", -1],
    ["2 * -3", -6],
    ["'a' + 'b'", "ab"],
    ["[1] + [2]", [1, 2]],
    ["timestamp('2026-01-01T00:00:00Z') + duration('1h')", "2026-01-01T01:00:00Z"],
    ["timestamp('2026-01-02T00:00:00Z') - timestamp('2026-01-01T00:00:00Z')", "86400s"],
    ["1 == 1.0", true],
    ["1 == '1'", false],
    ["{'a': [1, {'b': null}]} == {'a': [1.0, {'b': null}]}", true],
    ["'b' > 'a' && 2 >= 2 && 1 < 2 && 1 <= 1", true],
    ["'😀' > '\\uffee'", true],
    ["2 in [1, 2]", true],
    ["'name' in trigger.body.user", true],
    ["true ? 1 : trigger.no", 1],
    ["{1: 'one', true: 'yes'}[1] + {true: 'yes'}[true]", "oneyes"],
    ["r'\\n'", "\\n"],
    ["-0.0", 0],
  ])("%s gives %j", (source, expected) => {
    expect(jsonOf(source)).toEqual(expected);
  });

  test.each([
    ["1 / 0", "invalid_argument"],
    ["1 % 0", "invalid_argument"],
    ["1e308 * 10.0", "invalid_argument"],
    ["9007199254740991 + 1", "invalid_argument"],
    ["1 + 'a'", "type"],
    ["1 < 'a'", "type"],
    ["[1] < [2]", "type"],
    ["!1", "type"],
    ["-'a'", "type"],
    ["1 ? 2 : 3", "type"],
    ["{'a': 1, 'a': 2}", "invalid_argument"],
    ["[1][1.5]", "type"],
    ["'a'.size(1, 2)", "unknown_function"],
    ["1 + trigger.?body", "type"],
  ])("%s is refused as %s", (source, code) => {
    expect(errorOf(source).code).toBe(code);
  });

  test("&& and || let a deciding side win over the other side's error, in either order", () => {
    expect(jsonOf("trigger.body.no == 1 || true")).toBe(true);
    expect(jsonOf("true || trigger.body.no == 1")).toBe(true);
    expect(jsonOf("trigger.body.no == 1 && false")).toBe(false);
    expect(errorOf("trigger.body.no == 1 || false").path).toBe("trigger.body.no");
    expect(errorOf("trigger.body.no == 1 && true").code).toBe("missing_path");
  });

  test("an exhausted budget is never absorbed", () => {
    expect(() => compileExpression("[1, 2, 3].all(x, x >= 0) || true").evaluate(scope, new Budget(20))).toThrow(
      /20 units/,
    );
    expect(errorOf("'x'.repeat(5000000) == '' || true").code).toBe("too_expensive");
    expect(errorOf("[1].exists(x, 'x'.repeat(5000000) == '')").code).toBe("too_expensive");
  });
});

describe("paths", () => {
  test("a missing path names itself and the nearest existing one", () => {
    expect(errorOf("trigger.body.txet")).toMatchObject({
      code: "missing_path",
      path: "trigger.body.txet",
      nearest: "trigger.body.text",
      position: { start: 0, end: 17 },
      message: "trigger.body.txet does not exist; the nearest is trigger.body.text.",
    });
    expect(errorOf("trigger.body.User.name")).toMatchObject({
      path: "trigger.body.User",
      nearest: "trigger.body.user",
    });
    expect(errorOf('trigger.headers["X-Id"]')).toMatchObject({
      path: 'trigger.headers["X-Id"]',
      nearest: 'trigger.headers["x-id"]',
    });
    expect(errorOf("trigger.body.items[5].id")).toMatchObject({
      path: "trigger.body.items[5]",
      nearest: "trigger.body.items[1]",
    });
    expect(errorOf("trigger.body.items.map(i, i.nmae)")).toMatchObject({
      path: "trigger.body.items[*].nmae",
      nearest: "trigger.body.items[*].name",
    });
    expect(errorOf("trigger.body.nothing.deep").message).toBe(
      "trigger.body.nothing.deep does not exist: trigger.body.nothing is null.",
    );
    expect(errorOf("trigger.body.items.name").message).toContain("trigger.body.items[0]");
    expect(errorOf("trigger.body.completelyElse").nearest).toBeUndefined();
  });

  test("a root without a value here is an error, not null", () => {
    expect(errorOf("item.name")).toMatchObject({ code: "unknown_name" });
  });

  test("an unknown name or function is refused before anything runs", () => {
    expect(errorOf("triger.body")).toMatchObject({ code: "unknown_name", nearest: "trigger" });
    expect(errorOf("'a'.triim()")).toMatchObject({ code: "unknown_function", nearest: "trim" });
    expect(errorOf("trim('a')").message).toContain("text.trim()");
  });

  test("has() and optional access cope with what is missing, as CEL says", () => {
    expect(jsonOf("has(trigger.body.text)")).toBe(true);
    expect(jsonOf("has(trigger.body.no)")).toBe(false);
    expect(jsonOf("has(trigger.body.nothing)")).toBe(true);
    expect(errorOf("has(trigger.no.way)").path).toBe("trigger.no");
    expect(errorOf("has(trigger.body.text.x)").code).toBe("missing_path");
    expect(jsonOf("trigger.body.?no.?way.orValue('x')")).toBe("x");
    expect(jsonOf("trigger.body.?no.way.orValue('x')")).toBe("x");
    expect(jsonOf("trigger.body.?user.name")).toBe("Ada");
    expect(jsonOf("trigger.body.items[?7].?id.orValue(0)")).toBe(0);
    expect(jsonOf("trigger.body.items[?0].id")).toBe(1);
    expect(jsonOf("trigger.body.?no.or(trigger.body.?text).value()")).toBe("hello");
    expect(jsonOf("trigger.body.?no.hasValue()")).toBe(false);
  });

  test("orValue also stands in for null, and null has no fields", () => {
    expect(jsonOf("trigger.body.?nothing.orValue('x')")).toBe("x");
    expect(jsonOf("trigger.body.nothing.?deep.orValue('x')")).toBe("x");
    expect(jsonOf("trigger.body.?nothing.?deep.orValue('x')")).toBe("x");
  });

  test("an optional that holds nothing is an error at the end, and names what is missing", () => {
    expect(errorOf("trigger.body.?no")).toMatchObject({ code: "missing_path", path: "trigger.body.no" });
  });
});

describe("macros", () => {
  test.each([
    ["[1, 2].all(x, x > 0)", true],
    ["[1, 'a'].exists(x, x > 0)", true],
    ["['a', 1].exists(x, x > 0)", true],
    ["[].exists(x, x)", false],
    ["{'a': 1}.all(k, k == 'a')", true],
    ["[1, 2, 3].map(x, x > 1, x * 2)", [4, 6]],
    [
      "[1, 2].map(x, [3, 4].map(y, x * y))",
      [
        [3, 4],
        [6, 8],
      ],
    ],
    ["[3, 1, 2].sortBy(x, -x)", [3, 2, 1]],
    ["cel.bind(x, 2, [1].map(x, x + 1) + [x])", [2, 2]],
    ["[1, 2].exists(i, v, i == 1 && v == 2)", true],
    ["{'a': 1}.transformMap(k, v, v + 1)", { a: 2 }],
  ])("%s gives %j", (source, expected) => {
    expect(jsonOf(source)).toEqual(expected);
  });

  test("an element that fails is reported unless another one decides", () => {
    expect(errorOf("['a', 0].exists(x, x > 0)").code).toBe("type");
    expect(errorOf("[1].all(x, 'yes')").message).toContain("true or false");
    expect(errorOf("5.map(x, x)").code).toBe("type");
    expect(errorOf("[1].map(2, 3)").code).toBe("syntax");
  });
});

describe("limits", () => {
  test.each([
    ["'".padEnd(4097, "x"), "too_long"],
    [`1${"+1".repeat(300)}`, "too_long"],
    [`${"[".repeat(150)}1${"]".repeat(150)}`, "too_long"],
    ["", "syntax"],
    ["1 +", "syntax"],
    ["9007199254740993", "syntax"],
    ["1u", "syntax"],
    ["b'a'", "syntax"],
    ["for", "syntax"],
  ])("%.20s is refused as %s", (source, code) => {
    expect(errorOf(source).code).toBe(code);
  });

  test("one budget is shared by several expressions", () => {
    const budget = new Budget(300);
    const compiled = compileExpression("lists.range(100)");
    compiled.evaluate(scope, budget);
    compiled.evaluate(scope, budget);
    expect(() => compiled.evaluate(scope, budget)).toThrow(ExpressionError);
    expect(budget.spent).toBe(300);
  });

  test("the same evaluation always spends the same", () => {
    const spent = () => {
      const budget = new Budget();
      compileExpression("timestamp(0).getHours('Europe/Rome') + int('a1b'.matches('[0-9]') ? '1' : '2')").evaluate(
        scope,
        budget,
      );
      return budget.spent;
    };
    expect(spent()).toBe(spent());
  });
});
