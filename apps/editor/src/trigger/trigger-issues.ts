import type { DefinitionIssueView } from "@millrace/contract";
import { useEditor } from "../automations/editor-model.ts";
import { isWithin } from "../automations/step-issues.ts";

export type IssueFinder = {
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
    at: (path) => issues.find((issue) => isWithin(issue.path, path))?.message,
    count: (paths) => issues.filter((issue) => paths.some((path) => isWithin(issue.path, path))).length,
  };
}
