import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Definition } from "@millrace/automation";
import { newId } from "@millrace/base";
import { type Problem, problemSchema } from "@millrace/contract";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type ContractServer, Refusal, startContractServer, testKey } from "./testing/contract-server.ts";
import { exampleAutomation, exampleRun, exampleRunSummary, exampleStep } from "./testing/examples.ts";
import { record } from "./testing/recorded-terminal.ts";

type Handlers = Parameters<typeof startContractServer>[0];

const servers: ContractServer[] = [];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-cli-"));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
afterAll(() => rm(folder, { recursive: true }));

async function serve(handlers: Handlers) {
  const server = await startContractServer(handlers);
  servers.push(server);
  return { server, env: { MILLRACE_URL: server.url, MILLRACE_API_KEY: testKey } };
}

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const yaml = `millrace: 1
name: Greet
trigger: { type: webhook }
steps:
  - id: save
    action: keyvalue.sett
    input:
      key: last
`;

describe("automations push", () => {
  test("answers with the fixed fields", async () => {
    const id = newId("automation");
    let pushed: unknown;
    const { env } = await serve({
      automations: {
        push(input) {
          pushed = input;
          return {
            id,
            name: "Greet",
            version: 1,
            webhookUrl: "http://h/hooks/t",
            editorUrl: "http://h/a",
            created: true,
            issues: [],
          };
        },
      },
    });
    const { code, out, err } = await record(
      ["automations", "push", await file("a.yaml", yaml), "--publish", "--json"],
      { env },
    );
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(JSON.parse(out)).toMatchObject({
      id,
      name: "Greet",
      version: 1,
      webhookUrl: "http://h/hooks/t",
      editorUrl: "http://h/a",
    });
    expect(pushed).toMatchObject({ publish: true, definition: { millrace: 1, steps: [{ input: { key: "last" } }] } });
  });

  const refuse: Handlers = {
    automations: {
      push() {
        const message = "There is no action keyvalue.sett.";
        const issues = [{ path: "steps[0].action", message, nearest: "keyvalue.set" }];
        throw new Refusal({ status: 422, code: "definition_invalid", detail: "The definition has 1 problem.", issues });
      },
    },
  };

  test("shows each issue where it stands in the file", async () => {
    const { env } = await serve(refuse);
    const path = await file("bad.yaml", yaml);
    const { code, err, out } = await record(["automations", "push", path, "--publish"], { env });
    expect(code).toBe(1);
    expect(out).toBe("");
    expect(err).toContain(`${path}:6:5  steps[0].action  There is no action keyvalue.sett. Did you mean keyvalue.set?`);
  });

  test("as JSON, the issues have line and column too", async () => {
    const { env } = await serve(refuse);
    const { err } = await record(["automations", "push", "-", "--json"], { env, input: yaml });
    const problem = JSON.parse(err);
    expect(problemSchema.safeParse(problem).success).toBe(true);
    expect(problem).toMatchObject({
      status: 422,
      code: "definition_invalid",
      issues: [{ line: 6, column: 5, nearest: "keyvalue.set" }],
    });
  });

  test("a file that is no YAML is refused before anything is sent", async () => {
    const { env, server } = await serve({});
    const { code, err } = await record(["automations", "push", await file("broken.yaml", "a: [1\n")], { env });
    expect(code).toBe(1);
    expect(err).toMatch(/broken\.yaml cannot be read as YAML[\s\S]*broken\.yaml:2:1/);
    expect(server.requests).toEqual([]);
  });

  test("a file that is not there is a wrong argument", async () => {
    expect(await record(["automations", "push", "/nowhere/x.yaml"])).toMatchObject({ code: 2, out: "" });
  });
});

test("what pull writes to a file, push sends back unchanged", async () => {
  const definition: Definition = {
    millrace: 1,
    name: "Round trip",
    trigger: { type: "webhook", dedupe: "{{ trigger.headers['x-id'] }}" },
    steps: [
      {
        id: "ask",
        action: "anthropic.messageToAi",
        connection: "ai",
        input: { prompt: "One.\n  Two. \n\n# Three: yes\n" },
      },
    ],
  };
  const automation = exampleAutomation({ name: "Round trip", definition });
  let pushed: unknown;
  const { env } = await serve({
    automations: {
      list: () => ({
        items: [{ ...automation, publishedNumber: null, activity: [], lastRun: null }],
        nextCursor: null,
      }),
      get: () => automation,
      push(input) {
        pushed = input.definition;
        return {
          id: automation.id,
          name: "Round trip",
          version: null,
          webhookUrl: null,
          editorUrl: "http://h",
          created: false,
          issues: [],
        };
      },
    },
  });
  const path = join(folder, "pulled.yaml");
  expect((await record(["automations", "pull", "Round trip", "-o", path], { env })).code).toBe(0);
  expect((await record(["automations", "push", path], { env })).code).toBe(0);
  expect(JSON.stringify(pushed)).toBe(JSON.stringify(definition));
  expect((await record(["automations", "pull", "Round trip"], { env })).out).toBe(await readFile(path, "utf8"));
  const missing = await record(["automations", "pull", "Round tripp"], { env });
  expect(missing).toMatchObject({ code: 1, err: expect.stringContaining("Did you mean Round trip?") });
});

describe("runs", () => {
  const failure = {
    code: "credential_rejected",
    message: "Wrong key",
    nextStep: "reconnect",
    advice: "Renew it.",
    httpStatus: 401,
  } as const;
  const branch = exampleStep({
    path: "size",
    stepId: "size",
    kind: "branch",
    action: null,
    input: null,
    output: { arm: 0 },
  });
  const steps = [
    branch,
    exampleStep({ path: "size[0].warn", stepId: "warn", status: "failed", output: null, failure }),
  ];
  const run = exampleRun({ status: "failed", reason: "Step size[0].warn failed: Wrong key", steps, failure });

  test("show --json has the fixed fields", async () => {
    const { env } = await serve({ runs: { get: () => run } });
    const { code, out } = await record(["runs", "show", run.id, "--json"], { env });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      id: run.id,
      status: "failed",
      reason: run.reason,
      steps: [
        { path: "size" },
        { path: "size[0].warn", action: "keyvalue.set", status: "failed", failure, startedAt: expect.any(String) },
      ],
    });
  });

  test("show draws the steps as a tree, with cause and advice", async () => {
    const { env } = await serve({ runs: { get: () => run } });
    const { out } = await record(["runs", "show", run.id], { env, now: new Date("2026-11-21T09:33:00.000Z") });
    expect(out).toContain(`${run.id}  ✗ failed`);
    expect(out).toContain("queued 3 min ago, took 1.2 s");
    expect(out).toContain("└─ ✓ size  branch");
    expect(out).toContain("   └─ ✗ size[0].warn  keyvalue.set");
    expect(out).toContain("Wrong key (credential_rejected, HTTP 401)\n      Renew it.");
  });

  test("a payload cannot steer the terminal", async () => {
    const steps = [exampleStep({ output: "\u001b]0;owned\u0007\u202e\u009b2J" })];
    const { env } = await serve({ runs: { get: () => exampleRun({ reason: "\u001b[2J", steps }) } });
    const { out } = await record(["runs", "show", run.id], { env });
    expect(out).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  });

  test("list reads page after page up to the limit, and passes the filters on", async () => {
    const automationId = newId("automation");
    const queries: unknown[] = [];
    const { env } = await serve({
      runs: {
        list(query) {
          queries.push(query);
          return { items: Array.from({ length: query.limit }, () => exampleRunSummary()), nextCursor: "next" };
        },
      },
    });
    const { out } = await record(
      ["runs", "list", "--limit", "130", "--status", "failed", "--automation", automationId, "--json"],
      { env },
    );
    expect(JSON.parse(out).items).toHaveLength(130);
    expect(queries).toEqual([
      { limit: 100, status: "failed", automationId },
      { limit: 30, status: "failed", automationId, cursor: "next" },
    ]);
  });

  test("the table is aligned and cut to the terminal, ids excepted", async () => {
    const items = [
      exampleRunSummary({ reason: "x".repeat(300) }),
      exampleRunSummary({ status: "needs_review", automation: { id: newId("automation"), name: "日本語" } }),
    ];
    const { env } = await serve({ runs: { list: () => ({ items, nextCursor: null }) } });
    const { out } = await record(["runs", "list"], { env, isTty: true, width: 120, hasColor: false });
    const lines = out.trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(120);
    expect(out).toContain(items[0]?.id);
    expect(new Set(lines.map((line) => line.search(/STATUS|✓|!/))).size).toBe(1);
    expect(out).not.toContain("\u001b");
  });
});

describe("deliveries replay", () => {
  const [deliveryId, runId] = [newId("delivery"), newId("run")];

  test("says which run it started, and that run says what it replays", async () => {
    const { env, server } = await serve({
      deliveries: { replay: () => ({ runId }) },
      runs: { get: () => exampleRun({ id: runId, triggerType: "replay", replayOf: deliveryId }) },
    });
    const { code, out } = await record(["deliveries", "replay", deliveryId], { env });
    expect({ code, out }).toEqual({ code: 0, out: `✓ Replayed as ${runId}\n  millrace runs watch ${runId}\n` });
    expect(server.requests).toEqual([`POST /api/deliveries/${deliveryId}/replay`]);
    expect(JSON.parse((await record(["deliveries", "replay", deliveryId, "--json"], { env })).out)).toEqual({ runId });
    expect((await record(["runs", "show", runId], { env })).out).toContain(`replay of ${deliveryId}`);
  });

  test("says why it did not", async () => {
    const detail = "What it brought is no longer stored.";
    const { env } = await serve({
      deliveries: {
        replay() {
          throw new Refusal({ status: 409, code: "not_replayable", detail });
        },
      },
    });
    const { code, err } = await record(["deliveries", "replay", deliveryId], { env });
    expect([code, err.includes(detail)]).toEqual([1, true]);
  });
});

describe("kv", () => {
  const entry = (value: Problem | string | number | object) => ({
    key: "k",
    value: JSON.parse(JSON.stringify(value)),
    version: 1,
    expiresAt: null,
    createdAt: "2026-11-21T09:30:00.000Z",
    updatedAt: "2026-11-21T09:30:00.000Z",
    updatedByRunId: null,
  });

  test("get prints text as it is, and with --json the key and the value", async () => {
    const { env } = await serve({ keyvalue: { get: () => entry("Hello, Ada!") } });
    expect((await record(["kv", "get", "last_greeting"], { env })).out).toBe("Hello, Ada!\n");
    expect(JSON.parse((await record(["kv", "get", "k", "--json"], { env })).out)).toMatchObject({
      key: "k",
      value: "Hello, Ada!",
    });
  });

  test.each([
    ["5", 5],
    ["-5", -5],
    ["hello", "hello"],
    ["01234", "01234"],
    ['{"a":[1]}', { a: [1] }],
    ['"12345678901234567890"', "12345678901234567890"],
  ])("set %s writes what it means", async (argument, value) => {
    const written: unknown[] = [];
    const { env } = await serve({
      keyvalue: {
        put(input) {
          written.push(input.value);
          return entry(value);
        },
      },
    });
    expect((await record(["kv", "set", "k", argument], { env })).code).toBe(0);
    expect(written).toEqual([value]);
  });

  test.each([["12345678901234567890"], ['{"a":[12345678901234567890]}']])(
    "set %s is refused rather than losing digits",
    async (argument) => {
      expect(await record(["kv", "set", "k", argument])).toMatchObject({
        code: 2,
        err: expect.stringContaining("lose digits"),
      });
    },
  );
});

test("deliveries show prints what the sender was told, headers and all", async () => {
  const { env } = await serve({
    deliveries: {
      get: ({ deliveryId }) => ({
        id: deliveryId,
        automation: { id: newId("automation"), name: "Greet" },
        ...{ verdict: "rejected", reason: "More than 3 requests in 60 s.", isConflict: false, runId: null },
        ...{ dedupeKey: null, method: "POST", contentType: null, sizeBytes: 20_000, sourceIp: null },
        ...{ answerStatus: 429, answerBody: '{"status":429}', receivedAt: "2026-11-21T09:30:00.000Z" },
        answerHeaders: [{ name: "retry-after", value: "17\u001b[2J" }],
        event: null,
        isBodyCut: false,
        replayProblem: null,
        replays: [],
      }),
    },
  });
  const { code, out } = await record(["deliveries", "show", newId("delivery")], { env });
  expect(code).toBe(0);
  expect(out).toMatch(/rejected\n.*20000 bytes.*\nMore than 3 requests in 60 s\.\n\nanswer 429\n/);
  expect(out).toContain('retry-after: 17\\u001b[2J\n{"status":429}');
});
