import { describe, expect, test } from "vitest";
import { analyzeExpression, analyzeTemplate, templateSpans, withNearest } from "./analyze.ts";

const scope = {
  trigger: {
    body: { text: "Hello", count: 3 },
    headers: { "x-id": "1" },
    query: {},
    method: "POST",
    receivedAt: "2026-03-01T12:00:00Z",
  },
  steps: { summarize: { text: "Hi" } },
  run: { id: "run_01" },
  automation: { id: "atm_01", name: "Example" },
};

describe("the preview of a field", () => {
  test("is the text with its values", () => {
    expect(analyzeTemplate("Say {{ trigger.body.text }}!", { scope })).toMatchObject({
      isTemplate: true,
      paths: ["trigger.body.text"],
      value: { json: "Say Hello!" },
    });
  });

  test("keeps the type of a single expression", () => {
    expect(analyzeTemplate("{{ trigger.body.count + 1 }}", { scope }).value).toEqual({ json: 4 });
  });

  test("says that plain text is no template", () => {
    expect(analyzeTemplate("Hello", { scope })).toMatchObject({ isTemplate: false, value: { json: "Hello" } });
  });

  test("underlines a path that is not in the sample and offers the nearest", () => {
    const source = "a {{ trigger.body.txet }}";
    const { problem } = analyzeTemplate(source, { scope });
    expect(problem).toMatchObject({ severity: "warning", path: "trigger.body.txet", nearest: "trigger.body.text" });
    expect(source.slice(problem?.from, problem?.to)).toBe("trigger.body.txet");
    expect(problem && withNearest(source, problem)).toBe("a {{ trigger.body.text }}");
  });

  test("underlines the right place where the path is written in another way", () => {
    const source = "Id: {{ trigger.headers['x-no'] }}";
    const { problem } = analyzeTemplate(source, { scope });
    expect(source.slice(problem?.from, problem?.to)).toContain("trigger.headers['x-no'");
    expect(analyzeTemplate(`{{ 1 }} ${source}`, { scope }).problem?.from).toBeUndefined();
  });

  test("says that a step does not exist, however sure the sample", () => {
    expect(analyzeTemplate("{{ steps.sumarize.text }}", { scope }).problem).toMatchObject({
      severity: "error",
      nearest: "steps.summarize",
    });
  });

  test("points at a mistake in the syntax", () => {
    const { problem } = analyzeTemplate("Say {{ trigger.body. }}", { scope });
    expect(problem?.severity).toBe("error");
    expect(problem?.message).not.toBe("");
  });

  test("computes conditions", () => {
    expect(analyzeExpression("size(steps.summarize.text) > 1", { scope }).value).toEqual({ json: true });
    expect(analyzeExpression("nonsense >", { scope }).problem?.severity).toBe("error");
  });

  test("ends in a problem, not in a frozen page, when an expression costs too much", () => {
    const list = Array.from({ length: 3_000 }, (_, index) => index);
    const big = { ...scope, trigger: { ...scope.trigger, body: { list } } };
    const source = "trigger.body.list.all(a, trigger.body.list.all(b, trigger.body.list.all(c, a + b + c >= 0)))";
    expect(analyzeExpression(source, { scope: big }).problem?.message).toBeTruthy();
  });
});

test("templates are found in a text, quoted braces are not their end", () => {
  expect(templateSpans('a {{ x }} b {{ "}}" }}')).toEqual([
    { from: 2, to: 9 },
    { from: 12, to: 22 },
  ]);
  expect(templateSpans("{{ open")).toEqual([]);
});
