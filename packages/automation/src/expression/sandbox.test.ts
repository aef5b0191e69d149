import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileExpression } from "./expression.ts";
import { ExpressionError } from "./expression-error.ts";
import { compileTemplate } from "./template.ts";
import { toJson } from "./value.ts";

const body: unknown = JSON.parse(
  '{"a":1,"__proto__":{"own":"plain"},"constructor":"plain","toString":"plain","list":[1],"map":{}}',
);
const scope = { trigger: { body: body as { [key: string]: string } }, steps: {}, run: {}, automation: {} };

const receivers = [
  "trigger",
  "trigger.body",
  "trigger.body.map",
  "trigger.body.list",
  "steps",
  "''",
  "'a'",
  "[]",
  "[1]",
  "{}",
  "{'a': 1}",
  "1",
  "1.5",
  "true",
  "null",
  "timestamp(0)",
  "duration('1s')",
  "optional.none()",
  "optional.of({})",
  "[1].map(x, x)",
  "trigger.body.?a",
];
const reaches = [
  ".constructor",
  ".constructor.constructor",
  ".constructor.constructor('return process')()",
  ".constructor('return process.env')",
  "['constructor']['constructor']",
  "['con' + 'structor']",
  "[?'constructor']",
  ".?constructor.?prototype",
  ".__proto__",
  "['__proto__']",
  "['__proto__']['polluted']",
  ".__proto__.__proto__",
  ".prototype",
  ".toString",
  ".toString()",
  ".valueOf()",
  ".hasOwnProperty('a')",
  ".__defineGetter__('a', 1)",
  ".__lookupGetter__('a')",
  ".toJSON()",
  ".then",
  ".length",
  ".at(0)",
  ".caller",
  ".epochMs",
  ".held",
  "[Symbol.species]",
  ".get('constructor.constructor')",
  ".get('__proto__')",
  ".call(1)",
];
const programs = [
  "process",
  "process.env",
  "globalThis",
  "global",
  "window",
  "this",
  "self",
  "require('fs')",
  "require('child_process').execSync('id')",
  "import('fs')",
  "eval('1')",
  "Function('return 1')()",
  "(() => 1)()",
  "new Date()",
  "function() { return 1 }",
  "[...trigger.body.list]",
  "Symbol.species",
  "Reflect.ownKeys(trigger)",
  "Error.prepareStackTrace",
  "Error().stack",
  "async () => 1",
  "await 1",
  "delete trigger.body",
  "trigger.body = 1",
  "x = 1",
  "trigger.body.a++",
  "`a`",
  "trigger?.body",
  "trigger!.body",
  "1, 2",
  "1; 2",
  "while (true) {}",
  "/a/.test('a')",
  "String.raw`a`",
  "Object.keys({})",
  "Object.prototype",
  "JSON.stringify(1)",
  "Buffer.from('a')",
  "setTimeout(1, 1)",
  "fetch('http://127.0.0.1')",
  "arguments",
  "super.x",
  "typeof 1",
  "void 0",
  "yield 1",
  "let x = 1",
  "var x = 1",
  "throw 1",
  "debugger",
  "with (trigger) body",
  "new.target",
  "import.meta",
  "trigger.body['a', 'b']",
  "{...trigger}",
  "cel.constructor",
  "math.constructor",
  "optional.constructor",
  "cel.bind(constructor, 1, constructor)",
  "[1].map(__proto__, __proto__)",
  "has(trigger.constructor)",
  "has(trigger.__proto__)",
  "'constructor' in {}",
  "'__proto__' in {}",
  "$env",
  "$json",
  "{{ 1 }}",
  "<%= 1 %>",
  "#{1}",
  "\u0000",
  "\ud800",
  "'\\u0000'",
  "//",
  "/* */ 1",
];

const sources = [...receivers.flatMap((receiver) => reaches.map((reach) => receiver + reach)), ...programs];

/** What lies on prototypes answers to whoever asks, and remembers being asked. */
let asked: string[] = [];
const trapped = ["leak", "polluted"];

beforeAll(() => {
  for (const key of trapped) {
    Object.defineProperty(Object.prototype, key, {
      configurable: true,
      get() {
        asked.push(key);
        return "leaked";
      },
    });
  }
});
afterAll(() => {
  for (const key of trapped) Reflect.deleteProperty(Object.prototype, key);
});

function outcomeOf(source: string): unknown {
  try {
    return toJson(compileExpression(source).evaluate(scope));
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
}

const prototypes = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  String.prototype,
  Number.prototype,
  Date.prototype,
  Map.prototype,
  Error.prototype,
];
const shapes = () => prototypes.map((prototype) => Reflect.ownKeys(prototype).map(String).join());

describe("an expression that tries to break out", () => {
  test("comes in more than two hundred forms", () => {
    expect(new Set(sources).size).toBeGreaterThan(600);
  });

  test("gives an ExpressionError or plain JSON of its own data, and changes nothing", () => {
    const before = shapes();
    for (const source of sources) {
      const outcome = outcomeOf(source);
      if (outcome instanceof ExpressionError) continue;
      const text = JSON.stringify(outcome);
      expect(text, source).not.toMatch(/native code|\[object|process|leaked/);
    }
    expect(shapes()).toEqual(before);
    expect(asked).toEqual([]);
  });

  test("is no more successful as a template", () => {
    for (const source of sources) {
      try {
        const value = compileTemplate(`x {{ ${source} }}`).evaluate(scope);
        expect(typeof value, source).toBe("string");
      } catch (error) {
        expect(error, source).toBeInstanceOf(ExpressionError);
      }
    }
  });

  test.each(receivers)("%s never reads a prototype", (receiver) => {
    asked = [];
    for (const reach of [
      ".leak",
      "['leak']",
      ".?leak",
      "[?'leak']",
      ".get('leak')",
      ".pick(['leak'])",
      ".keys()",
      ".values()",
      ".merge({'b': 1})",
      ".omit(['b'])",
      ".map(x, x)",
      ".transformMap(k, v, v)",
    ]) {
      const outcome = outcomeOf(receiver + reach);
      if (!(outcome instanceof ExpressionError)) expect(JSON.stringify(outcome), reach).not.toContain("leak");
    }
    const held = outcomeOf(`has(${receiver}.leak)`);
    if (!(held instanceof ExpressionError)) expect(held).toBe(false);
    const inside = outcomeOf(`'leak' in ${receiver}`);
    if (!(inside instanceof ExpressionError)) expect(inside).toBe(false);
    expect(asked).toEqual([]);
  });
});

describe("keys that JavaScript knows", () => {
  test.each([
    ["trigger.body.constructor", "plain"],
    ["trigger.body.toString", "plain"],
    ["trigger.body.__proto__.own", "plain"],
    ["{'__proto__': {'x': 1}}.__proto__.x", 1],
    ["{'__proto__': {'x': 1}}.jsonEncode()", '{"__proto__":{"x":1}}'],
    ["{'a': 1}.merge({'__proto__': {'x': 1}}).jsonEncode()", '{"a":1,"__proto__":{"x":1}}'],
    ["{'a': 1}.merge({'__proto__': {'x': 1}}).?x.hasValue()", false],
    ["[{'key': '__proto__', 'value': {'x': 1}}].fromEntries().jsonEncode()", '{"__proto__":{"x":1}}'],
    [
      "['__proto__', 'constructor'].groupBy(x, x).jsonEncode()",
      '{"__proto__":["__proto__"],"constructor":["constructor"]}',
    ],
    ["{'__proto__': 1}.transformMap(k, v, v + 1).jsonEncode()", '{"__proto__":2}'],
    ["trigger.body.pick(['__proto__']).jsonEncode()", '{"__proto__":{"own":"plain"}}'],
    ["{'__proto__': timestamp(0)}.jsonEncode()", '{"__proto__":"1970-01-01T00:00:00Z"}'],
    ['jsonDecode(\'{"__proto__": {"x": 1}}\').?x.hasValue()', false],
    ["'hasOwnProperty' in trigger.body", false],
  ])("%s gives %j", (source, expected) => {
    expect(outcomeOf(source)).toEqual(expected);
  });
});
