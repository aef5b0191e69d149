export const runStatuses = ["queued", "running", "waiting", "succeeded", "failed", "canceled", "needs_review"] as const;
export type RunStatus = (typeof runStatuses)[number];

const successors: Record<RunStatus, readonly RunStatus[]> = {
  queued: ["running", "canceled"],
  running: ["waiting", "succeeded", "failed", "canceled", "needs_review", "queued"], // queued: handed back, or its worker died
  waiting: ["queued", "running", "canceled"],
  needs_review: ["queued", "canceled"],
  succeeded: [],
  failed: [],
  canceled: [],
};

export const canBecome = (from: RunStatus, to: RunStatus): boolean => successors[from].includes(to);

/** A terminal run never changes again: a retry is a new run, linked to it. */
export const isTerminal = (status: RunStatus): boolean => successors[status].length === 0;

export const stepStatuses = ["running", "waiting", "succeeded", "failed", "skipped", "needs_review"] as const;
export type StepStatus = (typeof stepStatuses)[number];
