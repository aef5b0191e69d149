import { type Definition, walkSteps } from "@millrace/automation";
import type { Automation, DefinitionIssueView } from "@millrace/contract";
import type { SaveState } from "./draft-store.ts";

export type StepIssues = ReadonlyMap<string, readonly DefinitionIssueView[]>;

/** Where the issues of the whole stand; no step can have this id. */
export const settingsKey = "/settings";
const settings = ["description", "concurrency", "retention"];

/** What is wrong with the draft as it was last sent: what the server found in it, or why it did not take it. */
export function draftIssues(automation: Automation, save: SaveState): readonly DefinitionIssueView[] {
  if (save.kind !== "refused") return automation.issues;
  return save.error.issues.map(({ code = "malformed", severity = "error", ...issue }) => ({
    code,
    severity,
    ...issue,
  }));
}

/** Issues by the id of the step they are in, `trigger` or `settingsKey`. What fits nowhere stands under `trigger`. */
export function issuesByStep(definition: Definition, issues: readonly DefinitionIssueView[]): StepIssues {
  const locations = [...walkSteps(definition.steps)].map(({ step, location }) => ({ id: step.id, location }));
  const found = new Map<string, DefinitionIssueView[]>();
  for (const issue of issues) {
    // The innermost step counts: its location is the longest that the issue's path starts with.
    const holders = locations.filter(({ location }) => isWithin(issue.path, location));
    const holder = holders.toSorted((left, right) => right.location.length - left.location.length)[0];
    const id = holder?.id ?? (settings.some((name) => isWithin(issue.path, name)) ? settingsKey : "trigger");
    found.set(id, [...(found.get(id) ?? []), issue]);
  }
  return found;
}

export function areSameIssues(left: StepIssues, right: StepIssues): boolean {
  return left.size === right.size && [...left].every(([id, own]) => areSameLists(own, right.get(id)));
}

const areSameLists = (left: readonly unknown[], right: readonly unknown[] | undefined) =>
  left.length === right?.length && left.every((item, index) => item === right[index]);

export const isWithin = (path: string, location: string) =>
  path === location || path.startsWith(`${location}.`) || path.startsWith(`${location}[`);

/** The field that an issue is about: `steps[1].input.key` is about `key`. */
export function fieldOfIssue({ path }: DefinitionIssueView): string | undefined {
  return /\.(?:input|set)\.([^.[\]]+)/.exec(path)?.[1] ?? /\.(connection|filter|id)$/.exec(path)?.[1];
}
