import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { type Definition, definitionSchema } from "./definition.ts";
import { parseDefinition } from "./parse-definition.ts";

const base = {
  millrace: 1,
  name: "Summarize text",
  trigger: {
    type: "webhook",
    verify: { preset: "none" },
    dedupe: "{{ trigger.headers['x-event-id'] }}",
    respond: "now",
  },
  steps: [
    {
      id: "summarize",
      action: "anthropic.messageToAi",
      connection: "anthropic",
      input: { prompt: "{{ trigger.body.text }}", maxTokens: 200 },
      timeout: "30s",
      retry: { attempts: 5 },
      onError: "stop",
    },
    {
      id: "size",
      branch: [
        {
          when: "size(steps.summarize.text) > 140",
          steps: [{ id: "warn", action: "keyvalue.increment", input: { key: "long" } }],
        },
        { otherwise: [] },
      ],
    },
    { id: "save", action: "keyvalue.set", input: { key: "last_summary", value: "{{ steps.summarize.text }}" } },
  ],
};

const withSteps = (...steps: unknown[]) => ({ ...base, steps });
const issuesOf = (input: unknown) => {
  const parsed = parseDefinition(input);
  return parsed.ok ? [] : parsed.issues.map(({ path, code, message, nearest }) => ({ path, code, message, nearest }));
};

test("reads the documented example", () => {
  expect(parseDefinition(base)).toEqual({ ok: true, definition: base });
});

test("names the misspelt key, its place and the nearest valid one", () => {
  expect(issuesOf(withSteps({ id: "a", action: "keyvalue.set", inputs: {}, input: {} }))).toEqual([
    {
      path: "steps[0].inputs",
      code: "unknown_key",
      message: "inputs is not a key of this part. Did you mean input?",
      nearest: "input",
    },
  ]);
});

test("says what a step needs when it has none of the five kinds", () => {
  expect(issuesOf(withSteps({ id: "a", actoin: "keyvalue.set" }))[0]).toMatchObject({
    path: "steps[0]",
    message: "expected a step with one of action, set, filter, branch or respond; did you mean action?",
  });
  expect(issuesOf(withSteps("keyvalue.set"))[0]).toMatchObject({ path: "steps[0]" });
});

test("explains a fault inside a nested branch by its own place", () => {
  const nested = withSteps({ id: "b", branch: [{ when: "true", steps: [{ id: "Bad Id", set: {} }] }] });
  expect(issuesOf(nested)).toEqual([
    expect.objectContaining({
      path: "steps[0].branch[0].steps[0].id",
      message: expect.stringContaining("expected a lower-case letter"),
    }),
  ]);
});

test("refuses what this version does not have, by name", () => {
  expect(issuesOf({ ...base, trigger: { type: "schedule" } })[0]).toMatchObject({
    path: expect.stringContaining("trigger"),
  });
  expect(issuesOf({ ...base, millrace: 2 })[0]).toMatchObject({
    path: "millrace",
    message: "expected 1, the version of this format",
  });
});

test("explains a wrong verification where it stands, with the nearest preset", () => {
  const verify = (value: unknown) => issuesOf({ ...base, trigger: { type: "webhook", verify: value } })[0];
  expect(verify({ preset: "gihub", secret: "hooks" })).toMatchObject({
    path: "trigger.verify.preset",
    message: expect.stringMatching(/^expected none or one of .*Did you mean github\?$/),
    nearest: "github",
  });
  expect(verify({ preset: "github" })).toMatchObject({
    path: "trigger.verify.secret",
    message: expect.stringContaining("expected the name of a keyvault entry"),
  });
  expect(verify({ preset: "github", secret: "s", tolerance: 3 })).toMatchObject({ path: "trigger.verify.tolerance" });
  expect(verify({ scheme: "hmac", secret: "s", algorithm: "md5" })?.path).toMatch(/^trigger\.verify\./);
  expect(verify({ scheme: "magic" })?.message).toContain("expected one of hmac, publicKey");
  expect(verify({ preset: "none", allowFrom: ["everyone"] })).toMatchObject({
    path: "trigger.verify.allowFrom[0]",
    message: expect.stringContaining("192.0.2.0/24"),
  });
  expect(verify({})?.message).toContain("preset: github");
});

test.each([
  [{ methods: ["POST", "HEAD"] }, "trigger.methods[1]", "expected one of POST, PUT, PATCH, DELETE, GET"],
  [{ methods: [] }, "trigger.methods", "expected at least one method"],
  [{ maxBodyBytes: 27_000_000 }, "trigger.maxBodyBytes", "25 MiB"],
  [{ rateLimit: { requests: 0, per: "1m" } }, "trigger.rateLimit.requests", "at least 1 request"],
  [{ rateLimit: { requests: 10, per: "minute" } }, "trigger.rateLimit.per", "such as 1s"],
  [{ rateLimit: { requests: 10, per: "2d" } }, "trigger.rateLimit.per", "at most 1d"],
  [{ respond: "later" }, "trigger.respond", "expected now or whenFinished"],
])("refuses the trigger option %o and says what was expected", (option, path, expected) => {
  expect(issuesOf({ ...base, trigger: { type: "webhook", ...option } })).toEqual([
    expect.objectContaining({ path, message: expect.stringContaining(expected) }),
  ]);
});

test("takes a Respond step, and refuses headers that are not its own to set", () => {
  const respond = (value: unknown) => issuesOf(withSteps({ id: "answer", respond: value }));
  expect(respond({ status: 201, headers: { Location: "/x" }, body: { id: "{{ trigger.body.id }}" } })).toEqual([]);
  expect(respond({ status: "{{ trigger.body.status }}" })).toEqual([]);
  expect(respond({})).toEqual([]);
  for (const name of ["Set-Cookie", "content-security-policy", "X-Accel-Redirect", "Transfer-Encoding"]) {
    expect(respond({ headers: { [name]: "x" } })).toEqual([
      expect.objectContaining({
        path: `steps[0].respond.headers.${name}`,
        message: expect.stringContaining("is set by the server"),
      }),
    ]);
  }
  expect(respond({ headers: { "a b": "x" } })[0]?.message).toContain("is not a header's name");
  expect(respond({ status: 99 })).toEqual([expect.objectContaining({ path: "steps[0].respond.status" })]);
  expect(respond({ statsu: 200 })).toEqual([expect.objectContaining({ code: "unknown_key", nearest: "status" })]);
});

test("refuses an id that stands twice, in a branch too", () => {
  const twice = withSteps({ id: "a", set: {} }, { id: "b", branch: [{ otherwise: [{ id: "a", set: {} }] }] });
  expect(issuesOf(twice)).toEqual([
    expect.objectContaining({
      path: "steps[1].branch[0].otherwise[0].id",
      code: "duplicate_id",
      message: expect.stringContaining("steps[0]"),
    }),
  ]);
});

test("refuses words of the expression language and impossible durations", () => {
  expect(issuesOf(withSteps({ id: "in", set: {} }))[0]?.path).toBe("steps[0].id");
  for (const timeout of ["0s", "11m", "soon", "-1s"]) {
    expect(issuesOf(withSteps({ id: "a", action: "http.request", input: {}, timeout }))[0]?.path).toBe(
      "steps[0].timeout",
    );
  }
});

test("refuses more steps, bytes and nesting than the limits without reading them recursively", () => {
  const many = Array.from({ length: 201 }, (_, index) => ({ id: `s${index}`, set: {} }));
  expect(issuesOf(withSteps(...many))[0]).toMatchObject({ code: "too_large", path: "steps" });
  expect(issuesOf(withSteps({ id: "a", set: { text: "x".repeat(300_000) } }))[0]?.code).toBe("too_large");
  let deep: unknown = { id: "leaf", set: {} };
  for (let level = 0; level < 2_000; level++) deep = { id: `b${level}`, branch: [{ otherwise: [deep] }] };
  expect(issuesOf(withSteps(deep))[0]?.code).toBe("too_large");
});

test("accepts exactly what the published schema accepts", () => {
  const key = fc.constantFrom("id", "action", "set", "filter", "branch", "input", "onError", "note", "x");
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom("a", "keyvalue.set", "stop"),
    fc.constant({}),
    fc.constant([]),
    fc.integer(),
  );
  const step = fc.dictionary(key, value);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 3 }), (steps) => {
      const input = withSteps(...steps);
      const parsed = parseDefinition(input);
      const ids = steps.map(({ id }) => id);
      const expected = definitionSchema.safeParse(input).success && new Set(ids).size === ids.length;
      expect(parsed.ok).toBe(expected);
      if (!parsed.ok) for (const issue of parsed.issues) expect(issue.message).not.toBe("");
    }),
    { numRuns: 500 },
  );
});

test("never throws, whatever it is given", () => {
  fc.assert(
    fc.property(fc.anything({ maxDepth: 4 }), (input) => {
      parseDefinition(input);
    }),
  );
});

test("has a JSON Schema", () => {
  const schema = z.toJSONSchema(definitionSchema, { io: "input" });
  expect(JSON.stringify(schema)).toContain("atMostOnce");
  expect(schema.required).toEqual(["millrace", "name", "trigger", "steps"]);
  const definition: Definition = definitionSchema.parse(base);
  expect(definition.name).toBe("Summarize text");
});

test("limits of runs at once and of history are whole numbers within their ranges", () => {
  const settings = { concurrency: 5, retention: { days: 7, megabytes: 500 } };
  expect(parseDefinition({ ...base, ...settings })).toMatchObject({ ok: true, definition: settings });
  const issuesOf = (parts: object) => {
    const parsed = parseDefinition({ ...base, ...parts });
    return parsed.ok ? [] : parsed.issues.map(({ path, message }) => `${path}: ${message}`);
  };
  expect(issuesOf({ concurrency: 0 })).toEqual(["concurrency: expected at least 1 run at once"]);
  expect(issuesOf({ concurrency: 1_001 })).toEqual(["concurrency: expected at most 1000 runs at once"]);
  expect(issuesOf({ concurrency: 1.5 })).toEqual(["concurrency: expected a whole number of runs"]);
  expect(issuesOf({ retention: { days: 0 } })).toEqual(["retention.days: expected at least 1 day"]);
  expect(issuesOf({ concurency: 5 })).toEqual([
    "concurency: concurency is not a key of this part. Did you mean concurrency?",
  ]);
});
