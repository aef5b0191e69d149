import { describe, expect, test } from "vitest";
import { compileExpression } from "./expression.ts";

const pathsOf = (source: string) =>
  compileExpression(source).paths.map(({ text, optional }) => (optional ? `${text}?` : text));

describe("lineage", () => {
  test.each([
    ["trigger.body.items[0].name", ["trigger.body.items[0].name"]],
    ['trigger.headers["x-event-id"] + trigger.body["plain"]', ['trigger.headers["x-event-id"]', "trigger.body.plain"]],
    ["trigger.body.items[index]", ["index", "trigger.body.items[*]"]],
    ["trigger.body.items.map(i, i.name)", ["trigger.body.items", "trigger.body.items[*].name"]],
    [
      "trigger.body.items.filter(i, i.ok).map(j, j.id)",
      ["trigger.body.items", "trigger.body.items[*].ok", "trigger.body.items[*].id"],
    ],
    [
      "trigger.body.a.map(x, x.b.map(y, y.c + x.d))",
      ["trigger.body.a", "trigger.body.a[*].b", "trigger.body.a[*].b[*].c", "trigger.body.a[*].d"],
    ],
    [
      "cel.bind(u, trigger.body.user, u.name + u.mail)",
      ["trigger.body.user", "trigger.body.user.name", "trigger.body.user.mail"],
    ],
    [
      "trigger.body.items.sortBy(i, i.at)[0].name",
      ["trigger.body.items", "trigger.body.items[*].at", "trigger.body.items[*].name"],
    ],
    ["trigger.body.items.first().name.orValue('')", ["trigger.body.items", "trigger.body.items[*].name"]],
    ["trigger.body.?a.?b.orValue('x')", ["trigger.body.a.b?"]],
    ["has(trigger.body.a) ? trigger.body.a.b : ''", ["trigger.body.a?", "trigger.body.a.b?"]],
    ["trigger.body.?a.orValue(trigger.body.b)", ["trigger.body.a?", "trigger.body.b"]],
    ["steps.one.text.upper() == run.id || 1 == 1", ["steps.one.text", "run.id"]],
    ["{'trigger': 1}.trigger", []],
    ["['trigger'].map(trigger, trigger)", []],
  ])("%s reads %j", (source, expected) => {
    expect(pathsOf(source).sort()).toEqual([...expected].sort());
  });

  test("gives the segments as data", () => {
    expect(compileExpression("trigger.body.items[0]['a b'].map(x, x.c)").paths.at(-1)?.segments).toEqual([
      "trigger",
      "body",
      "items",
      0,
      "a b",
      "*",
      "c",
    ]);
  });
});
