import type { Definition, Step } from "@millrace/automation";
import { expect, test } from "vitest";
import { publishSummary } from "./publish-summary.ts";
import { fieldOfIssue, issuesByStep, settingsKey } from "./step-issues.ts";

const a: Step = { id: "a", action: "http.request", input: { url: "x" } };
const b: Step = { id: "b", set: { n: 1 } };
const branch: Step = { id: "c", branch: [{ when: "true", steps: [b] }, { otherwise: [] }] };
const of = (...steps: Step[]): Definition => ({ millrace: 1, name: "Example", trigger: { type: "webhook" }, steps });

test.each([
  [undefined, of(a, b), "2 steps, not published yet"],
  [of(a), of(a), "No changes"],
  [of(a), of(a, b), "1 step added"],
  [of(a, b), of(b), "1 step removed"],
  [of(a, b), of(b, a), "the order changed"],
  [of(a), of({ ...a, input: { url: "y" } }), "1 step changed"],
  [of(branch), of({ ...branch, branch: [{ when: "false", steps: [b] }, { otherwise: [] }] }), "1 step changed"],
  [of(a), { ...of(a), trigger: { type: "manual" as const }, name: "Other" }, "the trigger changed, renamed"],
  [of(a), { ...of(a), concurrency: 3 }, "the settings changed"],
])("sums up what a draft changes (%#)", (published, draft, summary) => {
  expect(publishSummary(published, draft)).toBe(summary);
});

test("gives each issue to the innermost step it is in", () => {
  const issue = (path: string) => ({ path, code: "missing_field", message: path, severity: "error" as const });
  const found = issuesByStep(of(a, branch), [
    issue("steps[0].input.url"),
    issue("steps[1].branch[0].steps[0].set.n"),
    issue("steps[1].branch[0].when"),
    issue("trigger.dedupe"),
  ]);
  expect([...found].map(([id, issues]) => [id, issues.length])).toEqual([
    ["a", 1],
    ["b", 1],
    ["c", 1],
    ["trigger", 1],
  ]);
  const settings = issuesByStep(of(), [issue("retention.days"), issue("concurrency"), issue("name")]);
  expect([...settings].map(([id, issues]) => [id, issues.length])).toEqual([
    [settingsKey, 2],
    ["trigger", 1],
  ]);
  expect(fieldOfIssue(issue("steps[0].input.url"))).toBe("url");
  expect(fieldOfIssue(issue("steps[0].connection"))).toBe("connection");
  expect(fieldOfIssue(issue("steps[0]"))).toBeUndefined();
});
