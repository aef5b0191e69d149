import type { Json } from "@millrace/base";
import type { FailureView, Run, StepView } from "@millrace/contract";
import { presentMoment, presentSpan } from "./moment.ts";
import type { Paint } from "./paint.ts";
import { printable, shortened } from "./printable.ts";
import { paintStatus, statusSymbol } from "./status-mark.ts";

export type RunView = { paint: Paint; width: number; now: Date };

/** A run with its steps as a tree: what each was given, gave, and why it failed. */
export function runTree(run: Run, view: RunView): string[] {
  const { paint, now } = view;
  const span = presentSpan(run.startedAt, run.finishedAt);
  const times = [`queued ${presentMoment(run.queuedAt, now)}`, ...(span ? [`took ${span}`] : [])].join(", ");
  const failedStep = run.steps.some(({ failure }) => failure !== null);
  return [
    `${paint("strong", run.id)}  ${paintStatus(run.status, paint)}`,
    `${printable(run.automation.name)}, version ${run.version.number}, ${run.triggerType}, ${times}`,
    ...(run.reason === null ? [] : [printable(run.reason)]),
    ...(run.replayOf === null ? [] : [paint("faint", `replay of ${run.replayOf}`)]),
    ...(run.retryOf === null ? [] : [paint("faint", `retry of ${run.retryOf}`)]),
    ...(run.retriedBy.length === 0
      ? []
      : [paint("faint", `retried by ${run.retriedBy.map(({ id }) => id).join(", ")}`)]),
    ...branchLines(undefined, run.steps, "", view),
    ...(run.failure !== null && !failedStep ? failureLines(run.failure, "", view) : []),
    paint("faint", printable(run.url)),
  ];
}

function branchLines(parent: string | undefined, steps: readonly StepView[], indent: string, view: RunView): string[] {
  const paths = new Set(steps.map(({ path }) => path));
  const children = steps.filter(({ path }) => parentPath(path, paths) === parent);
  return children.flatMap((step, index) => {
    const isLast = index === children.length - 1;
    const inner = `${indent}${isLast ? "   " : "│  "}`;
    return [
      `${indent}${isLast ? "└─" : "├─"} ${stepLine(step, view.paint)}`,
      ...detailLines(step, inner, view),
      ...branchLines(step.path, steps, inner, view),
    ];
  });
}

/** `size[0].warn` belongs to `size`, `send.onError.tell` to `send`: the nearest step that the path goes through. */
function parentPath(path: string, paths: ReadonlySet<string>): string | undefined {
  for (let end = cut(path); end > 0; end = cut(path.slice(0, end))) {
    const candidate = path.slice(0, end);
    if (paths.has(candidate)) return candidate;
  }
  return undefined;
}

const cut = (path: string) => Math.max(path.lastIndexOf("."), path.lastIndexOf("["));

/** One step on one line: `✓ summarize  anthropic.messageToAi  1.2 s`. */
export function stepLine(step: StepView, paint: Paint): string {
  const attempts = step.attempts.length > 1 ? `${step.attempts.length} attempts` : "";
  const reused = step.reusedFromRunId === null ? "" : `taken over from ${step.reusedFromRunId}`;
  const status = step.status === "succeeded" || step.status === "failed" ? "" : step.status;
  const facts = [step.action ?? step.kind, status, presentSpan(step.startedAt, step.finishedAt), attempts, reused];
  const text = facts.filter((fact) => fact !== "").join("  ");
  return `${statusSymbol(step.status, paint)} ${paint("strong", printable(step.path))}  ${paint("faint", printable(text))}`;
}

function detailLines(step: StepView, indent: string, view: RunView): string[] {
  return [
    ...valueLine("in ", step.input, indent, view),
    ...valueLine("out", step.output, indent, view),
    ...step.warnings.map(
      ({ field, message }) => `${indent}${view.paint("warn", "!")} ${printable(`${field}: ${message}`)}`,
    ),
    ...(step.failure === null ? [] : failureLines(step.failure, indent, view)),
  ];
}

function valueLine(label: string, value: Json, indent: string, { paint, width }: RunView): string[] {
  if (value === null) return [];
  const text = printable(JSON.stringify(value));
  return [
    `${indent}${paint("faint", label)} ${shortened(text, Math.max(20, width - indent.length - label.length - 1))}`,
  ];
}

function failureLines(failure: FailureView, indent: string, { paint }: RunView): string[] {
  const status = failure.httpStatus === undefined ? "" : `, HTTP ${failure.httpStatus}`;
  const field = failure.field === undefined ? "" : `, field ${printable(failure.field)}`;
  return [
    `${indent}${paint("bad", printable(failure.message))} ${paint("faint", `(${failure.code}${status}${field})`)}`,
    ...(failure.advice === undefined ? [] : [`${indent}${printable(failure.advice)}`]),
  ];
}
