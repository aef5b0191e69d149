import { type Definition, stepKind, walkSteps } from "@millrace/automation";
import type { Run, StepView } from "@millrace/contract";

/** A line of the run's step column: what was recorded, or a step that has not run. */
export type RunStepRow = {
  path: string;
  stepId: string;
  action: string | null;
  kind: StepView["kind"];
  depth: number;
  status: StepView["status"] | "pending";
  record: StepView | undefined;
};

/**
 * Records in the order of the flow, and the steps that did not run yet or never will. Without the version's definition
 * (it may not have loaded yet) the records stand in the order in which they ran.
 */
export function runStepRows(run: Run, definition: Definition | undefined): RunStepRow[] {
  const records = new Map(run.steps.map((record) => [record.path, record]));
  const rows: RunStepRow[] = [];
  for (const { step, path } of definition ? walkSteps(definition.steps) : []) {
    const record = records.get(path);
    records.delete(path);
    const kind = stepKind(step);
    const action = "action" in step ? step.action : null;
    rows.push({
      path,
      stepId: step.id,
      action,
      kind,
      depth: depthOf(path),
      status: record?.status ?? "pending",
      record,
    });
  }
  for (const record of records.values()) {
    const { path, stepId, action, kind, status } = record;
    rows.push({ path, stepId, action, kind, depth: depthOf(path), status, record });
  }
  return rows;
}

/** `size[0].warn` stands one level deep. */
const depthOf = (path: string) => path.split(".").length - 1;

/** The step that a run opens with: the one that failed or waits, else the last that ran. */
export function openingPath(run: Run): string | undefined {
  const troubled =
    run.failedPath ?? run.steps.find(({ status }) => status === "failed" || status === "needs_review")?.path;
  return (
    troubled ??
    run.steps.findLast(({ status }) => status === "running" || status === "waiting")?.path ??
    run.steps.at(-1)?.path
  );
}

export type WaterfallBar = { startPercent: number; widthPercent: number };

const narrowestPercent = 1.5;

/** Where a step's bar stands in the run's own time, queueing included. Wide enough to be seen, and inside the box. */
export function waterfallBar(run: Run, record: StepView, nowMs: number): WaterfallBar {
  const startMs = Date.parse(run.queuedAt);
  const endMs = Math.max(startMs + 1, run.finishedAt ? Date.parse(run.finishedAt) : nowMs);
  const percent = (ms: number) => Math.min(100, Math.max(0, ((ms - startMs) / (endMs - startMs)) * 100));
  const from = Math.min(percent(Date.parse(record.startedAt)), 100 - narrowestPercent);
  const to = percent(record.finishedAt ? Date.parse(record.finishedAt) : nowMs);
  return { startPercent: from, widthPercent: Math.max(narrowestPercent, to - from) };
}

export function recordLengthMs(record: StepView, nowMs: number): number {
  const endMs = record.finishedAt ? Date.parse(record.finishedAt) : nowMs;
  return Math.max(0, endMs - Date.parse(record.startedAt));
}
