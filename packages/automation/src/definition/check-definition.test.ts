import { expect, test } from "vitest";
import { checkDefinition, type DefinitionWorld } from "./check-definition.ts";
import { parseDefinition } from "./parse-definition.ts";

const world: DefinitionWorld = {
  actionIds: () => ["keyvalue.set", "anthropic.messageToAi"],
  findAction: (id) =>
    id === "keyvalue.set"
      ? {
          connectorId: "keyvalue",
          fields: ["key", "value"],
          required: ["key", "value"],
          connection: "none",
          checkLiterals: () => [],
        }
      : id === "anthropic.messageToAi"
        ? {
            connectorId: "anthropic",
            fields: ["prompt", "maxTokens"],
            required: ["prompt"],
            connection: "required",
            checkLiterals: ({ maxTokens }) =>
              maxTokens === 0 ? [{ field: "maxTokens", message: "expected at least 1" }] : [],
          }
        : undefined,
  connections: [
    { name: "work", connectorId: "anthropic" },
    { name: "github-hooks", connectorId: "webhook" },
  ],
};

function check(steps: unknown[], trigger: unknown = { type: "webhook" }) {
  const parsed = parseDefinition({ millrace: 1, name: "t", trigger, steps });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return checkDefinition(parsed.definition, world).map(({ path, code, nearest, message }) => ({
    path,
    code,
    nearest,
    message,
  }));
}

const ask = (input: object, connection: string | undefined = "work") => ({
  id: "ask",
  action: "anthropic.messageToAi",
  connection,
  input,
});

test("finds nothing wrong with a complete automation", () => {
  expect(
    check([
      ask({ prompt: "{{ trigger.body.text }}" }),
      { id: "save", action: "keyvalue.set", input: { key: "k", value: "{{ steps.ask.text }}" } },
    ]),
  ).toEqual([]);
});

test("names the nearest action and field for misspelt ones", () => {
  expect(check([{ id: "a", action: "keyvalue.sett", input: {} }])[0]).toMatchObject({
    path: "steps[0].action",
    code: "unknown_action",
    nearest: "keyvalue.set",
  });
  expect(check([{ id: "a", action: "keyvalue.set", input: { keey: "k", key: "k", value: 1 } }])).toEqual([
    expect.objectContaining({ path: "steps[0].input.keey", code: "unknown_field", nearest: "key" }),
  ]);
});

test("asks for required fields that are absent or empty, and checks values that are written out", () => {
  expect(check([ask({ prompt: "", maxTokens: 0 })])).toEqual([
    expect.objectContaining({ path: "steps[0].input.prompt", code: "missing_field" }),
    expect.objectContaining({
      path: "steps[0].input.maxTokens",
      code: "invalid_field",
      message: "expected at least 1",
    }),
  ]);
});

test("asks for a missing connection and knows the ones that are there", () => {
  expect(check([{ ...ask({ prompt: "x" }), connection: undefined }])[0]).toMatchObject({
    code: "missing_connection",
    nearest: "work",
  });
  expect(check([ask({ prompt: "x" }, "wrok")])[0]).toMatchObject({ code: "unknown_connection", nearest: "work" });
  expect(
    check([{ id: "a", action: "keyvalue.set", connection: "work", input: { key: "k", value: 1 } }])[0],
  ).toMatchObject({
    path: "steps[0].connection",
  });
});

test("refuses references to later steps, to the step itself and to steps that don't exist", () => {
  const set = (id: string, source: string) => ({ id, set: { value: `{{ ${source} }}` } });
  expect(check([set("a", "steps.b.value"), set("b", "steps.a.value")])).toEqual([
    expect.objectContaining({ path: "steps[0].set.value", code: "later_step" }),
  ]);
  expect(check([set("a", "steps.a.value")])[0]).toMatchObject({
    code: "later_step",
    message: expect.stringContaining("itself"),
  });
  expect(check([set("first", "trigger.body"), set("b", "steps.frist.value")])[0]).toMatchObject({
    code: "unknown_step",
    nearest: "first",
  });
});

test("one arm of a branch cannot use another arm's steps, what follows the branch can", () => {
  const set = (id: string, source: string) => ({ id, set: { value: `{{ ${source} }}` } });
  const branch = (second: string) => ({
    id: "b",
    branch: [
      { when: "true", steps: [set("x", "trigger.body")] },
      { when: second, steps: [set("y", "steps.x.value")] },
    ],
  });
  expect(check([branch("false"), set("z", "steps.x.value")])).toEqual([
    expect.objectContaining({ path: "steps[0].branch[1].steps[0].set.value", code: "later_step" }),
  ]);
});

test("explains expressions that don't parse, wherever they stand", () => {
  const faults = check(
    [
      { id: "a", set: { deep: [{ value: "{{ trigger. }}" }] } },
      { id: "f", filter: "1 +" },
      { id: "b", branch: [{ when: "nope(", steps: [] }] },
      { id: "c", set: { value: "{{ secrets.key }}" } },
    ],
    { type: "webhook", dedupe: "{{ steps.a }}", filter: ")" },
  );
  expect(faults.map(({ path }) => path)).toEqual([
    "trigger.dedupe",
    "trigger.filter",
    "steps[0].set.deep[0].value",
    "steps[1].filter",
    "steps[2].branch[0].when",
    "steps[3].set.value",
  ]);
  expect(new Set(faults.map(({ code }) => code))).toEqual(new Set(["invalid_expression"]));
});

test("refuses a dedupe key that is the same for every request; body stands for the body", () => {
  expect(check([], { type: "webhook", dedupe: "body" })).toEqual([]);
  expect(check([], { type: "webhook", dedupe: "order-{{ trigger.body.id }}" })).toEqual([]);
  expect(check([], { type: "webhook", dedupe: "trigger.body.id" })).toMatchObject([
    {
      path: "trigger.dedupe",
      code: "invalid_expression",
      message: expect.stringContaining("Expected {{ … }} or body"),
    },
  ]);
});

test("names the secret that the keyvault does not have, with the nearest", () => {
  const verify = (value: object) => check([], { type: "webhook", verify: value });
  expect(verify({ preset: "github", secret: "github-hooks" })).toEqual([]);
  expect(verify({ preset: "github", secret: "github-hook" })).toEqual([
    {
      path: "trigger.verify.secret",
      code: "unknown_secret",
      nearest: "github-hooks",
      message:
        "The keyvault has no webhook signing secret named github-hook: add it under Connections. Did you mean github-hooks?",
    },
  ]);
  // A connection of another service is no signing secret, even under the same name.
  expect(verify({ preset: "meta", secret: ["github-hooks", "work"], verifyToken: "token" })).toMatchObject([
    { path: "trigger.verify.secret[1]", code: "unknown_secret" },
    { path: "trigger.verify.verifyToken", code: "unknown_secret" },
  ]);
});

test("checks the expressions of a Respond step, and says when nobody waits for it", () => {
  const steps = [{ id: "answer", respond: { body: { id: "{{ steps.later.id }}" } } }];
  expect(check(steps, { type: "webhook", respond: "whenFinished" })).toMatchObject([
    { path: "steps[0].respond.body.id", code: "unknown_step" },
  ]);
  expect(check([{ id: "answer", respond: {} }])).toMatchObject([
    { path: "steps[0]", code: "unused_answer", message: expect.stringContaining("whenFinished") },
  ]);
});

test("a trigger's order is a template that knows only the request", () => {
  expect(check([], { type: "webhook", order: "{{ trigger.body.customerId }}" })).toEqual([]);
  expect(check([], { type: "webhook", order: "{{ steps.save.key }}" })).toMatchObject([
    { path: "trigger.order", code: "invalid_expression" },
  ]);
});
