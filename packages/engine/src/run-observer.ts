import type { RunStatus, StepKind, StepStatus } from "@millrace/automation";
import type { FailureCode } from "@millrace/base";

/** Ids, codes and times: nothing that came with an event, and no name that people gave. */
export type RunFacts = { runId: string; workspaceId: string; automationId: string; queuedAt: Date };

/** It ended, waits, or waits for people. */
export type LeftRun = RunFacts & { status: RunStatus; failureCode?: FailureCode; at: Date };

export type StepFacts = {
  runId: string;
  path: string;
  kind: StepKind;
  action?: string;
  connectionId?: string;
  status: StepStatus;
  failureCode?: FailureCode;
  attempts: number;
  startedAt: Date;
  finishedAt: Date;
};

/** For metrics, traces and logs. Called after what it tells has committed; must not throw. */
export interface RunObserver {
  /** This worker has the run now: for the first time where the fence is 1. */
  runClaimed(run: RunFacts & { startedAt: Date; fence: number }): void;
  stepFinished(step: StepFacts): void;
  /** Whoever made it leave: a worker, a person who canceled it, or the reconciler that ended it as quarantined. */
  runLeft(run: LeftRun): void;
  /** This worker still worked on it when it was no longer its own. */
  leaseLost(runId: string): void;
}
