import type { Definition, Step } from "@millrace/automation";
import type { JsonObject } from "@millrace/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CliError } from "../cli-error.ts";
import { parseDefinitionFile, presentDefinition } from "./definition-file.ts";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "yes",
    "no",
    "on",
    "null",
    "~",
    "0x1F",
    "1e3",
    "01234",
    "2026-11-21",
    "<<",
    "- a",
    "a: b",
    "#x",
    "&a",
    "*a",
    "!t",
    "|",
    ">",
    "%",
    "@",
    "`",
  ),
  fc
    .array(
      fc.constantFrom(
        "\n",
        " ",
        "\t",
        "{{ trigger.body.text }}",
        "# no comment",
        "--- ",
        "...",
        "\r\n",
        ": ",
        "\u2028",
        "\ufeff",
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join("")),
);
const input = fc
  .jsonValue({ stringUnit: "binary", maxDepth: 4 })
  .chain((value) =>
    fc.dictionary(
      fc.oneof(text, fc.constantFrom("__proto__", "constructor", "toString")),
      fc.oneof(fc.constant(value), text),
    ),
  )
  .map((each) => JSON.parse(JSON.stringify(each)) as JsonObject);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ id: fc.constant("a"), action: fc.constant("http.request"), input }),
  fc.record({ id: fc.constant("b"), set: input, note: text }),
  fc.record({ id: fc.constant("c"), filter: text }),
  fc.record({ id: fc.constant("d"), branch: fc.tuple(fc.record({ when: text, steps: fc.constant<Step[]>([]) })) }),
);
const definition: fc.Arbitrary<Definition> = fc.record({
  millrace: fc.constant(1),
  name: text,
  description: text,
  trigger: fc.record({ type: fc.constant("webhook"), dedupe: text }),
  steps: fc.array(step, { maxLength: 4 }),
});

test("what pull writes, push reads back exactly, whatever the texts hold", () => {
  fc.assert(
    fc.property(definition, (each) => {
      expect(JSON.stringify(parseDefinitionFile(presentDefinition(each), "a.yaml").data)).toBe(JSON.stringify(each));
    }),
    { numRuns: 500 },
  );
});

test("objects that are shared are written out each time, without anchors", () => {
  const shared = { key: "k" };
  const steps: Step[] = [
    { id: "a", set: shared },
    { id: "b", set: shared },
  ];
  const yaml = presentDefinition({ millrace: 1, name: "n", trigger: { type: "manual" }, steps });
  expect(yaml).not.toMatch(/[&*]/);
});

function refusalOf(source: string): CliError["problem"] {
  try {
    parseDefinitionFile(source, "a.yaml");
  } catch (error) {
    if (error instanceof CliError) return error.problem;
    throw error;
  }
  throw new Error("the file was accepted");
}

describe("a file that is refused names line and column", () => {
  test.each([
    ["bad indentation", "millrace: 1\nname: x\n  steps: []\n", 2],
    ["a key twice", "name: a\nname: b\n", 2],
    ["a number that would lose digits", "name: a\nsteps:\n  - id: 12345678901234567890\n", 3],
    ["a number that JSON cannot hold", "name: a\nlimit: .inf\n", 2],
    ["an unknown alias", "name: *nobody\n", 1],
    ["an unknown tag", "name: a\nvalue: !js/function x\n", 2],
    ["two documents", "name: a\n---\nname: b\n", 2],
    ["a lone text", "hello\n", 1],
    ["nothing", "", 1],
  ])("%s", (_, source, line) => {
    const problem = refusalOf(source);
    expect(problem.message).toBe("a.yaml cannot be read as YAML.");
    expect(problem.issues?.[0]).toMatchObject({ line, column: expect.any(Number), message: expect.any(String) });
  });

  test("aliases that would unfold beyond measure", () => {
    const levels = Array.from(
      { length: 9 },
      (_, index) => `l${index + 1}: &l${index + 1} [${Array(9).fill(`*l${index}`).join(", ")}]`,
    );
    expect(refusalOf(["l0: &l0 [x, x]", ...levels].join("\n")).issues?.[0]?.message).toMatch(/alias/i);
  });
});

test("a place in the definition is found in the text, keys with dots included", () => {
  const source = [
    "millrace: 1",
    "name: n",
    "steps:",
    "  - id: a",
    "    action: http.request",
    "    input:",
    "      url: https://example.com",
    "      headers: { 'x.event[0]': y }",
    "",
  ].join("\n");
  const { locate } = parseDefinitionFile(source, "a.yaml");
  expect(locate("steps[0].input.url")).toEqual({ line: 7, column: 7 });
  expect(locate("steps[0].input.headers.x.event[0]")).toEqual({ line: 8, column: 18 });
  expect(locate("steps[0].input.body")).toEqual({ line: 6, column: 5 });
  expect(locate("steps[3].id")).toEqual({ line: 3, column: 1 });
  expect(locate("")).toEqual({ line: 1, column: 1 });
});

test("JSON is read as well", () => {
  expect(parseDefinitionFile('{"millrace": 1, "name": "n"}', "a.json").data).toEqual({ millrace: 1, name: "n" });
});
