import { newId } from "@millrace/base";
import type { Connection, Connector } from "@millrace/contract";
import { afterEach, describe, expect, test } from "vitest";
import { type ContractServer, Refusal, startContractServer, testKey } from "../testing/contract-server.ts";
import { record } from "../testing/recorded-terminal.ts";

const servers: ContractServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const secret = 'sk-ant-"hunter2"';
const at = "2026-11-21T09:30:00.000Z";
const field = { description: null, placeholder: null, control: "text", jsonSchema: {} };
const connector: Connector = {
  id: "anthropic",
  title: "Anthropic",
  summary: "",
  icon: "bot",
  connection: {
    kind: "apiKey",
    isRequired: true,
    fields: [
      { ...field, name: "apiKey", title: "API key", isSecret: true, isRequired: true },
      { ...field, name: "baseUrl", title: "Base URL", isSecret: false, isRequired: false },
    ],
  },
  actions: [],
};
const connection: Connection = {
  id: newId("connection"),
  connector: "anthropic",
  name: "ai",
  fields: [{ name: "apiKey", isSet: true, isSecret: true, hint: "sk-…", value: null }],
  health: "unknown",
  account: null,
  failure: null,
  checkedAt: null,
  lastUsedAt: null,
  createdAt: at,
  updatedAt: at,
  usedBy: [],
};

async function serve(handlers: Parameters<typeof startContractServer>[0]["connections"]) {
  const server = await startContractServer({ connectors: { get: () => connector }, connections: handlers });
  servers.push(server);
  return { MILLRACE_URL: server.url, MILLRACE_API_KEY: testKey, KEY: secret, BASE: "http://127.0.0.1:9", EMPTY: "" };
}

const add = ["connections", "add", "anthropic", "--name", "ai"];

describe("connections add", () => {
  async function stored(args: string[], answers?: string[]) {
    const bodies: unknown[] = [];
    const env = await serve({
      create(input) {
        bodies.push(input);
        return connection;
      },
    });
    const result = await record([...add, ...args], { env, ...(answers ? { answers } : {}) });
    expect(result.out + result.err).not.toContain("hunter2");
    return { ...result, bodies };
  }

  test("takes the one secret field from the environment", async () => {
    const { code, bodies, out } = await stored(["--from-env", "KEY", "--json"]);
    expect(code).toBe(0);
    expect(bodies).toEqual([{ connector: "anthropic", name: "ai", fields: { apiKey: secret } }]);
    expect(JSON.parse(out)).toMatchObject({ id: connection.id, name: "ai", connector: "anthropic" });
  });

  test("takes named fields", async () => {
    const { bodies } = await stored(["--from-env", "KEY=apiKey", "--from-env", "BASE=baseUrl"]);
    expect(bodies).toMatchObject([{ fields: { apiKey: secret, baseUrl: "http://127.0.0.1:9" } }]);
  });

  test("asks a person, hidden where the field is secret", async () => {
    const { bodies, questions } = await stored([], [secret, ""]);
    expect(questions).toMatchObject([
      { message: "API key", isSecret: true, isRequired: true },
      { message: "Base URL (optional)", isSecret: false },
    ]);
    expect(bodies).toMatchObject([{ fields: { apiKey: secret } }]);
  });

  test("stores nothing when the person cancels", async () => {
    expect(await stored([], [])).toMatchObject({ code: 130, bodies: [] });
  });

  test.each([
    [["--from-env", "EMPTY"]],
    [["--from-env", "ABSENT"]],
    [["--from-env", "KEY", "--from-env", "BASE"]],
    [["--json"]],
  ])("refuses %j as wrong arguments", async (args) => {
    expect(await stored(args)).toMatchObject({ code: 2, bodies: [] });
  });

  test("an error that quotes the secret is shown without it", async () => {
    const env = await serve({
      create(input) {
        throw new Refusal({
          status: 400,
          code: "invalid_request",
          detail: `Bad fields ${JSON.stringify(input.fields)}`,
        });
      },
    });
    for (const args of [add, [...add, "--json"]]) {
      const { code, out, err } = await record([...args, "--from-env", "KEY"], { env });
      expect(code).toBe(1);
      expect(out + err).not.toContain("hunter2");
      expect(err).toContain("[hidden]");
    }
  });

  test("replaces the fields of one with the same name only when told to", async () => {
    const updates: unknown[] = [];
    const env = await serve({
      create() {
        throw new Refusal({ status: 409, code: "name_taken", detail: "There is a connection named ai." });
      },
      list: () => ({ items: [connection], nextCursor: null }),
      update(input) {
        updates.push(input);
        return connection;
      },
    });
    expect((await record([...add, "--from-env", "KEY"], { env })).code).toBe(1);
    expect((await record([...add, "--from-env", "KEY", "--replace"], { env })).code).toBe(0);
    expect(updates).toEqual([{ connectionId: connection.id, fields: { apiKey: secret } }]);
  });
});

test("test ends with 1 and says why when the service refuses the credential", async () => {
  const failure = {
    code: "credential_rejected",
    message: "Anthropic refused the key.",
    nextStep: "reconnect",
    advice: "Make a new one.",
  } as const;
  const env = await serve({
    list: () => ({ items: [connection], nextCursor: null }),
    test: () => ({ ok: false, failure }),
  });
  const { code, out } = await record(["connections", "test", "ai"], { env });
  expect(code).toBe(1);
  expect(out).toMatch(/✗ Anthropic refused the key\.[\s\S]*Make a new one\./);
});

test("remove asks a person first, and does what a script says", async () => {
  let removed = 0;
  const env = await serve({
    list: () => ({ items: [connection], nextCursor: null }),
    delete() {
      removed++;
    },
  });
  expect((await record(["connections", "remove", "ai"], { env, answers: ["no"] })).code).toBe(130);
  expect(removed).toBe(0);
  expect((await record(["connections", "remove", "ai"], { env, answers: ["yes"] })).code).toBe(0);
  expect((await record(["connections", "remove", "ai"], { env })).code).toBe(0);
  expect(removed).toBe(2);
});
