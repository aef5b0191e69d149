import { describe, expect, test } from "vitest";
import { z } from "zod";
import { action } from "./action.ts";
import { defineConnection } from "./connection.ts";
import { type Connector, defineConnector } from "./connector.ts";
import { fields } from "./credential-fields.ts";
import { createRegistry } from "./registry.ts";
import { stateAction } from "./state-action.ts";
import { stateResults } from "./state-operation.ts";

const connection = defineConnection({
  auth: fields({
    token: z
      .string()
      .min(8)
      .meta({ title: "Token", description: "From settings.", secret: true, placeholder: "tok_…" }),
    region: z.enum(["eu", "us"]).optional().meta({ title: "Region", secret: false, control: "select" }),
  }),
  origins: ["https://api.example.com"],
  client: () => ({}),
  check: async () => ({}),
});

const post = connection.action({
  title: "Post",
  summary: "Posts.",
  effect: "write",
  replay: "unsafe",
  input: z.object({
    channel: z.string().meta({ title: "Channel", control: "picker" }),
    times: z.number().default(1),
  }),
  output: z.object({ id: z.string() }),
  example: { input: { channel: "a" }, output: { id: "1" } },
  options: { channel: async () => [] },
  run: async () => ({ id: "1" }),
});

const chat = defineConnector({
  id: "chat",
  title: "Chat",
  summary: "Talks.",
  icon: "message",
  connection,
  actions: { post },
});

const store = defineConnector({
  id: "store",
  title: "Store",
  summary: "Keeps.",
  icon: "database",
  actions: {
    get: stateAction({
      title: "Get",
      summary: "Gets.",
      effect: "read",
      input: z.object({ key: z.string() }),
      output: stateResults.get,
      example: { input: { key: "a" }, output: { key: "a", found: false, value: null } },
      operation: ({ key }) => ({ op: "get", key }),
    }),
  },
});

const registry = createRegistry([chat, store]);

test("finds actions by connector and key", () => {
  expect(registry.getAction("chat.post")).toMatchObject({ id: "chat.post", kind: "call", connector: chat });
  expect(registry.findAction("chat.nothing")).toBeUndefined();
  expect(registry.findAction("constructor.name")).toBeUndefined();
  expect(registry.findConnector("store")).toBe(store);
});

test("an unknown action is refused with the nearest ids", () => {
  expect(() => registry.getAction("chat.psot")).toThrow(
    expect.objectContaining({
      code: "invalid_input",
      detail: expect.objectContaining({ advice: 'Did you mean "chat.post"?' }),
    }),
  );
});

test("the catalog survives JSON and holds what a form needs", () => {
  const catalog = JSON.parse(JSON.stringify(registry.catalog()));
  expect(catalog[0].connection).toEqual({
    kind: "fields",
    required: true,
    fields: [
      expect.objectContaining({ name: "token", title: "Token", secret: true, required: true, placeholder: "tok_…" }),
      expect.objectContaining({ name: "region", secret: false, required: false, control: "select" }),
    ],
  });
  expect(catalog[0].actions[0]).toMatchObject({
    id: "chat.post",
    hasOptions: ["channel"],
    inputSchema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      properties: { channel: { title: "Channel", control: "picker" }, times: { default: 1 } },
      required: ["channel"],
      additionalProperties: false,
    },
  });
  expect(catalog[1]).toMatchObject({ connection: null, actions: [{ id: "store.get", kind: "state", replay: "safe" }] });
});

test("a state action turns checked input into an operation", () => {
  const get = registry.getAction("store.get");
  expect(get.kind === "state" && get.operation({ key: "a" })).toEqual({ op: "get", key: "a" });
  expect(() => get.kind === "state" && get.operation({ kee: "a" })).toThrow(/no field "kee"/);
});

describe("a connector that contradicts itself is refused at once", () => {
  const base = { title: "T", summary: "S", effect: "read", replay: "safe" } as const;
  const output = z.object({ a: z.string() });
  const only = (faulty: Connector["actions"][string]): Connector => ({ ...store, id: "bad", actions: { faulty } });

  test("an example that does not fit", () => {
    const input = z.object({ a: z.string().min(3) });
    const faulty = action({
      ...base,
      input,
      output,
      example: { input: { a: "x" }, output: { a: "" } },
      run: async () => ({ a: "" }),
    });
    expect(() => createRegistry([only(faulty)])).toThrow(/bad\.faulty has an example whose input/);
  });

  test("an input without JSON Schema", () => {
    const input = z.object({ a: z.string().transform((text) => text.length) });
    const faulty = action({
      ...base,
      input,
      output,
      example: { input: { a: "x" }, output: { a: "" } },
      run: async () => ({ a: "" }),
    });
    expect(() => createRegistry([only(faulty)])).toThrow(/without JSON Schema/);
  });

  test("an action of another connector's connection, and two connectors of one id", () => {
    expect(() => createRegistry([only(post)])).toThrow(/another connection/);
    expect(() => createRegistry([chat, chat])).toThrow(/twice/);
  });

  test("a credential field that does not say whether it is secret", () => {
    expect(() => fields({ token: z.string() })).toThrow(/does not say whether it is secret/);
  });
});
