import { describe, expect, test } from "vitest";
import { insertion, pathText } from "./path-text.ts";

test.each([
  [["trigger", "body", "text"], "trigger.body.text"],
  [["trigger", "headers", "x-event-id"], 'trigger.headers["x-event-id"]'],
  [["trigger", "body", "items", 0, "name"], "trigger.body.items[0].name"],
  [["trigger", "body", 'a"b'], 'trigger.body["a\\"b"]'],
  [["trigger", "body", "package"], 'trigger.body["package"]'],
  [["steps", "summarize", "text"], "steps.summarize.text"],
])("writes %j as %s", (path, text) => {
  expect(pathText(path)).toBe(text);
});

describe("a clicked value", () => {
  const path = ["trigger", "body", "text"];

  test("becomes a template in plain text", () => {
    expect(insertion("Hello ", 6, 6, path, false)).toEqual({ text: "{{ trigger.body.text }}", from: 6, to: 6 });
  });

  test("stays bare inside a template", () => {
    expect(insertion("a {{ size() }}", 10, 10, path, false).text).toBe("trigger.body.text");
    expect(insertion("{{}}", 2, 2, path, false).text).toBe("trigger.body.text");
  });

  test("becomes a template again after one", () => {
    expect(insertion("{{ a }} and ", 12, 12, path, false).text).toBe("{{ trigger.body.text }}");
    expect(insertion("{{ a }}", 0, 0, path, false).text).toBe("{{ trigger.body.text }}");
  });

  test("stays bare in a condition", () => {
    expect(insertion("size() > 3", 5, 5, path, true).text).toBe("trigger.body.text");
  });

  test("replaces what is selected", () => {
    expect(insertion("Hello X", 6, 7, path, false)).toMatchObject({ from: 6, to: 7 });
  });
});
