import type { DefinitionIssueView } from "@millrace/contract";
import { useEditor } from "../automations/editor-model.ts";
import { isWithin } from "../automations/step-issues.ts";

type IssueFinder = {
  /** What is wrong with a field or anything in it. */
  at: (path: string) => string | undefined;
  count: (paths: readonly string[]) => number;
};

/** The trigger's issues by where they are. */
export function useTriggerIssues(): IssueFinder {
  const { issues } = useEditor();
  return findIssues(issues.get("trigger") ?? []);
}

export function findIssues(issues: readonly DefinitionIssueView[]): IssueFinder {
  return {
    at: (path) => capitalized(issues.find((issue) => isWithin(issue.path, path))?.message),
    count: (paths) => issues.filter((issue) => paths.some((path) => isWithin(issue.path, path))).length,
  };
}

/** Below a field a problem is a sentence of its own; in a list its path comes first. */
const capitalized = (text: string | undefined) => text && text.charAt(0).toUpperCase() + text.slice(1);
