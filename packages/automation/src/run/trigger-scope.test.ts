import fc from "fast-check";
import { expect, test } from "vitest";
import { openEvent, type ReceivedEvent } from "./trigger-scope.ts";

const event = (
  body: string | Uint8Array,
  contentType: string | null,
  extra: Partial<ReceivedEvent> = {},
): ReceivedEvent => ({
  method: "POST",
  query: "",
  headers: [],
  contentType,
  body: typeof body === "string" ? new TextEncoder().encode(body) : body,
  receivedAt: new Date("2026-11-21T10:00:00Z"),
  ...extra,
});

test("a JSON body is a value, whatever its type says precisely", () => {
  for (const type of [
    "application/json",
    "application/json; charset=utf-8",
    "application/vnd.api+json",
    "Application/JSON",
  ]) {
    expect(openEvent(event('{"a":[1]}', type)).trigger.body).toEqual({ a: [1] });
  }
});

test("JSON that curl sent as a form, or without any type, is a value too", () => {
  expect(openEvent(event(' {"text":"x"}', "application/x-www-form-urlencoded"))).toMatchObject({
    bodyKind: "json",
    trigger: { body: { text: "x" } },
  });
  expect(openEvent(event("12", null)).trigger.body).toBe(12);
});

test("a form is a map, and repeated fields are lists", () => {
  const opened = openEvent(event("a=1&b=2&a=3&a=4", "application/x-www-form-urlencoded"));
  expect(opened).toMatchObject({ bodyKind: "form", trigger: { body: { a: ["1", "3", "4"], b: "2" } } });
});

test("a body that calls itself JSON and isn't is kept as text, with the reason", () => {
  expect(openEvent(event('{"a":', "application/json"))).toMatchObject({
    bodyKind: "text",
    malformed: expect.any(String),
    trigger: { body: '{"a":' },
  });
});

test("bytes that are no text are base64, and no body is null", () => {
  expect(openEvent(event(new Uint8Array([0xff, 0xfe, 0x00]), "application/octet-stream"))).toMatchObject({
    bodyKind: "binary",
    trigger: { body: "//4A" },
  });
  expect(openEvent(event("", "application/json"))).toMatchObject({ bodyKind: "empty", trigger: { body: null } });
});

test("header names are lower-case, repeated headers joined, and no name reaches a prototype", () => {
  const { trigger } = openEvent(
    event("", null, {
      headers: [
        ["X-A", "1"],
        ["x-a", "2"],
        ["__proto__", "p"],
      ],
      query: "__proto__=q&b=1&b=2",
    }),
  );
  expect(Object.keys(trigger.headers)).toEqual(["x-a", "__proto__"]);
  expect(trigger.headers["x-a"]).toBe("1, 2");
  expect(Object.keys(trigger.query)).toEqual(["__proto__", "b"]);
  expect(({} as Record<string, unknown>).p).toBeUndefined();
});

test("opens any bytes under any type without throwing", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.option(fc.string()), fc.string(), (body, contentType, query) => {
      const { trigger } = openEvent(event(body, contentType, { query }));
      JSON.stringify(trigger);
    }),
  );
});
