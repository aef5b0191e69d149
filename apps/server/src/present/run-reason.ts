import type { RunStatus } from "@millrace/automation";
import type { FailureRecord } from "@millrace/base";
import type { RunWait } from "@millrace/db";
import type { RunReason, StepRecord } from "@millrace/engine";

type Told = {
  status: RunStatus;
  reason: RunReason | null;
  failure: FailureRecord | null;
  failedPath: string | null;
  queuedAt: Date;
  startedAt: Date | null;
  wait: RunWait | null;
  /** These come with a single run; lists do without and get the short form. */
  dueAt?: Date | null;
  leaseOwner?: string | null;
  steps?: readonly StepRecord[];
};

/** One sentence on why a run is where it is. Only a run that succeeded through its last step needs none. */
export function presentReason(run: Told, now: Date): string | null {
  switch (run.status) {
    case "queued":
      return presentQueued(run, now);
    case "running":
      return presentRunning(run, now);
    case "waiting":
      return presentWaiting(run, now);
    case "needs_review":
      return run.reason?.message ?? "A step's outcome is unknown: look at it, then retry or cancel.";
    case "failed":
      return presentFailed(run);
    case "canceled":
      return run.reason?.message ?? "It was canceled.";
    case "succeeded":
      return run.reason?.message ?? null;
  }
}

/** What came before, if anything did, then what it takes to go on. */
function presentQueued({ reason, wait, queuedAt }: Told, now: Date): string {
  const { since, before } = presentRequeued(reason, queuedAt, now);
  return `${before}${presentHeldBack(wait) ?? `No worker has taken it for ${lasting(since, now)}.`}`;
}

function presentRequeued(reason: RunReason | null, queuedAt: Date, now: Date): { since: Date; before: string } {
  if (reason?.kind !== "worker_died" && reason?.kind !== "handed_back" && reason?.kind !== "due")
    return { since: queuedAt, before: "" };
  const since = new Date(reason.at);
  if (reason.kind !== "worker_died") return { since, before: `${reason.message} ` };
  const before = `Its worker ${reason.worker} died; it was taken back ${lasting(since, now)} ago for attempt ${reason.attempt}. `;
  return { since, before };
}

function presentHeldBack(wait: RunWait | null): string | undefined {
  switch (wait?.kind) {
    case "order":
      return `Waits for ${wait.runId}, which came first with the same order key and ${blocking[wait.status]}.`;
    case "automation_limit":
      return `Held back: ${wait.running} of ${wait.limit} runs of this automation are running.`;
    case "workspace_limit":
      return `Held back: the workspace runs ${wait.running} of ${wait.limit}.`;
    case "last_chance":
      return `Its workers died ${wait.crashes} times, and once more would end it: it waits until one can run it apart from others.`;
  }
}

const blocking: Record<RunStatus, string> = {
  queued: "is queued",
  running: "is running",
  waiting: "waits",
  needs_review: "needs review: retry or cancel it",
  // It ended between two reads.
  ...{ succeeded: "has just ended", failed: "has just ended", canceled: "has just ended" },
};

function presentRunning({ steps = [], startedAt, queuedAt, leaseOwner, wait }: Told, now: Date): string {
  const current = steps.findLast((step) => step.status === "running");
  if (wait?.kind === "worker_lost") {
    const where = current ? ` at step ${current.path}` : "";
    return `Worker ${wait.worker} stopped answering${where}: its lease ended ${ofSeconds(wait.seconds)} ago, and no worker has taken the run over.`;
  }
  const worker = leaseOwner ? `Worker ${leaseOwner}` : "A worker";
  if (current) return `${worker} has been at step ${current.path} for ${lasting(current.startedAt, now)}.`;
  return `${worker} has been at it for ${lasting(startedAt ?? queuedAt, now)}.`;
}

function presentWaiting({ reason, dueAt, wait }: Told, now: Date): string {
  const late =
    wait?.kind === "overdue"
      ? ` It should have gone on ${ofSeconds(wait.seconds)} ago, and no worker has taken it.`
      : undefined;
  if (reason?.kind === "retry" || reason?.kind === "trouble") {
    const until = new Date(reason.until);
    const when = until > now ? `goes on in ${lasting(now, until)}, at ${clockTime(until)}` : "goes on now";
    const times = reason.attempt === 1 ? "once" : `${reason.attempt} times`;
    const at = reason.path === null ? "" : ` at step ${reason.path}`;
    const what =
      reason.kind === "retry"
        ? `Step ${reason.path} failed ${times}`
        : `An error of Millrace's own stopped it${at} ${times}`;
    return `${what}: ${sentence(reason.message)}${late ?? ` It ${when}.`}`;
  }
  if (reason) return `${sentence(reason.message)}${late ?? ""}`;
  return `${dueAt ? `Waiting until ${clockTime(dueAt)}.` : "Waiting."}${late ?? ""}`;
}

function presentFailed({ failure, failedPath, reason }: Told): string {
  const message = failure?.message ?? reason?.message ?? "It failed.";
  return failedPath === null ? sentence(message) : `Step ${failedPath} failed: ${sentence(message)}`;
}

const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

const clockTime = (time: Date): string => `${time.toISOString().slice(11, 19)} UTC`;

const lasting = (from: Date, to: Date): string => ofSeconds((to.getTime() - from.getTime()) / 1_000);

function ofSeconds(exact: number): string {
  const seconds = Math.max(0, Math.round(exact));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
