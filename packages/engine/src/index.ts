export { advanceRun } from "./advance-run.ts";
export { acceptedAnswer, duplicateAnswer } from "./answer.ts";
export type { EngineLog, EngineServices } from "./engine-services.ts";
export { LeaseLost } from "./execution.ts";
export { idempotencyKey } from "./idempotency-key.ts";
export { createPlanCache } from "./plan-cache.ts";
export type {
  Accepted,
  AcceptRequest,
  Answer,
  AttemptRecord,
  ClaimedRun,
  ClaimRequest,
  CommitOutcome,
  Credentials,
  Doorbell,
  InboundRequest,
  Intake,
  Journal,
  JournalCommit,
  LiveEvent,
  LiveEvents,
  OpenedCredential,
  Recovery,
  RefusedRequest,
  RunControl,
  RunEvent,
  RunGroup,
  RunOutcome,
  RunOutcomes,
  RunReason,
  RunStore,
  RunTransition,
  RunTrouble,
  StepRecord,
  Versions,
} from "./ports.ts";
export { crashesAtMost, crashLimit, errorsAtMost } from "./ports.ts";
export { type ReconcileOptions, reconcile, reconcileDefaults, startReconciler } from "./reconcile.ts";
export type { RespondOutput } from "./respond.ts";
export { RunNotFound, RunStateConflict } from "./run-errors.ts";
export type { LeftRun, RunFacts, RunObserver, StepFacts } from "./run-observer.ts";
export { createRunPool, type RunPool, type RunPoolOptions, runPoolDefaults } from "./run-pool.ts";
