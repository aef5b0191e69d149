import type { Json } from "@millrace/base";
import { createRegistry } from "@millrace/connector-kit";
import { expect, test } from "vitest";
import { createConnectors } from "../create-connectors.ts";

const registry = createRegistry(createConnectors({ anthropicDefaultModel: "any" }));

function operation(name: string, input: Json) {
  const action = registry.getAction(`keyvalue.${name}`);
  if (action.kind !== "state") throw new Error(`${name} is no state action`);
  return action.operation(input);
}

test("each action names its operation, with defaults filled and durations in milliseconds", () => {
  expect(operation("set", { key: "a", value: { b: [1, null] }, expiresIn: "7d" })).toEqual({
    op: "set",
    key: "a",
    value: { b: [1, null] },
    expiresInMs: 604_800_000,
  });
  expect(operation("get", { key: "a" })).toEqual({ op: "get", key: "a" });
  expect(operation("delete", { key: "a" })).toEqual({ op: "delete", key: "a" });
  expect(operation("increment", { key: "a" })).toEqual({ op: "increment", key: "a", by: 1 });
  expect(operation("increment", { key: "a", by: -2.5, expiresIn: "1h" })).toMatchObject({
    by: -2.5,
    expiresInMs: 3_600_000,
  });
  expect(operation("list", {})).toEqual({ op: "list", prefix: "", limit: 100 });
  expect(operation("list", { prefix: "p/", limit: 2, cursor: "p/a" })).toEqual({
    op: "list",
    prefix: "p/",
    limit: 2,
    cursor: "p/a",
  });
});

test("compare and set tells an absent key from a null value", () => {
  expect(operation("compareAndSet", { key: "a", value: 1 })).toEqual({
    op: "compareAndSet",
    key: "a",
    expected: undefined,
    value: 1,
  });
  expect(operation("compareAndSet", { key: "a", expected: null, value: 1 })).toMatchObject({ expected: null });
});

test("null is a value, nothing is not", () => {
  expect(operation("set", { key: "a", value: null })).toMatchObject({ value: null });
  expect(() => operation("set", { key: "a" })).toThrow("Value: a value is required");
});

test("keys that no database could keep are refused, and unusual ones are kept", () => {
  for (const key of ["", "a\u0000b", "a\nb", "\u007f", "a\ud800", "k".repeat(513)]) {
    expect(() => operation("get", { key }), JSON.stringify(key)).toThrow(/^Key: /);
  }
  for (const key of ["k".repeat(512), "__proto__", "constructor", "größe/ü 😀", " "]) {
    expect(operation("get", { key })).toEqual({ op: "get", key });
  }
});

test("durations, counts and limits that make no sense are refused with the field", () => {
  for (const expiresIn of ["soon", "0s", "-1d", "7", "", "1000001d", "999999999d"]) {
    expect(() => operation("set", { key: "a", value: 1, expiresIn }), expiresIn).toThrow(/^Expires in: /);
  }
  expect(operation("set", { key: "a", value: 1, expiresIn: "1000000d" })).toMatchObject({ expiresInMs: 86_400e9 });
  expect(() => operation("increment", { key: "a", by: "2" })).toThrow(/^By: expected number, got string/);
  expect(() => operation("list", { limit: 0 })).toThrow(/^At most: /);
});
