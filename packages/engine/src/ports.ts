import type { Definition, MappingWarning, RunStatus, StepKind, StepStatus } from "@millrace/automation";
import type { FailureRecord, Json } from "@millrace/base";
import type { StateOperation } from "@millrace/connector-kit";
import type { RespondOutput } from "./respond.ts";
import type { LeftRun } from "./run-observer.ts";

/** What the engine needs from outside. `packages/db` and `packages/queue` implement these; `apps/*` join them. */

/** What started a run, as received. The body is parsed late. */
export type RunEvent = {
  id: string;
  method: string;
  /** As received, without the question mark. */
  query: string;
  headers: readonly (readonly [name: string, value: string])[];
  contentType: string | null;
  body: Uint8Array;
  receivedAt: Date;
};

/** One call of an action. Waits between attempts are `startedAt` of the next minus `finishedAt` of this one. */
export type AttemptRecord = {
  startedAt: string;
  finishedAt: string;
  failure?: FailureRecord;
};

/** What one step did in one run. Secrets are redacted before it comes here. */
export type StepRecord = {
  path: string;
  stepId: string;
  kind: StepKind;
  action?: string;
  status: StepStatus;
  input?: Json;
  output?: Json;
  failure?: FailureRecord;
  warnings?: readonly MappingWarning[];
  attempts: readonly AttemptRecord[];
  idempotencyKey?: string;
  /** Set where a retry took the record over from an earlier run. */
  reusedFromRunId?: string;
  startedAt: Date;
  finishedAt?: Date;
};

/** Why a run that is not finished does not go on, or why a finished one ended before its last step. */
export type RunReason =
  | { kind: "retry"; path: string; attempt: number; until: string; message: string }
  // An error of Millrace's own stopped it, `attempt` times without progress.
  | { kind: "trouble"; path: string | null; attempt: number; until: string; message: string }
  | { kind: "filtered"; path: string; message: string }
  | { kind: "review"; path: string; message: string }
  | { kind: "canceled"; message: string }
  // Why a run is queued that was further on before.
  | { kind: "worker_died"; at: string; worker: string; attempt: number; message: string }
  | { kind: "handed_back"; at: string; message: string }
  | { kind: "due"; at: string; message: string }
  // Of a running one: its workers died, but now it has lasted for a while on its own.
  | { kind: "trusted"; at: string; message: string };

/** A run under this worker's lease. */
export type ClaimedRun = {
  id: string;
  workspaceId: string;
  automationId: string;
  versionId: string;
  originRunId: string;
  fence: number;
  /** How often a worker died while it held this run. */
  crashCount: number;
  queuedAt: Date;
  startedAt: Date;
  /** A hash; runs of one automation and key execute one at a time. Empty: in any order. */
  orderKey: string;
  /** A limit or an order key may hold others back until this one is over. */
  isLimited: boolean;
  event: RunEvent;
  /** What is recorded already, in order. */
  records: readonly StepRecord[];
  /** Of the event's body and of the records, as they are stored. */
  sizeBytes: number;
};

/** Until when is said once the wait is stored. */
export type WaitReason = Omit<Extract<RunReason, { kind: "retry" }>, "until">;

export type RunTransition =
  | { to: "succeeded"; reason?: RunReason }
  | { to: "failed"; failure: FailureRecord; path: string | null }
  /** `delayMs` from the commit on, by the database's clock. */
  | { to: "waiting"; reason: WaitReason; delayMs: number }
  | { to: "needs_review"; reason: RunReason };

/** Everything in it commits together, or none of it does. */
export type JournalCommit = {
  runId: string;
  workspaceId: string;
  workerId: string;
  /** The run's fence when it was claimed; a commit under an older one writes nothing. */
  fence: number;
  /** Written by path: a record replaces an earlier one of the same path. */
  records: readonly StepRecord[];
  /** A key-value effect. Its result becomes the output of the record with this path. */
  effect?: { path: string; operation: StateOperation };
  transition?: RunTransition;
};

export type CommitOutcome =
  | { kind: "committed"; output?: Json }
  /** The effect was impossible (increment of a text); nothing was written. */
  | { kind: "refused"; failure: FailureRecord }
  /** Another worker has the run, or it was canceled; nothing was written. */
  | { kind: "lease_lost" };

export interface Journal {
  commit(entry: JournalCommit): Promise<CommitOutcome>;
}

export type ClaimRequest = {
  workerId: string;
  leaseMs: number;
  /** At most this many. */
  limit: number;
  /** Once those that were loaded hold as many bytes, the others stay queued; the first is loaded however large it is. */
  maxBytes?: number;
  /** Those that were rung. Without `runIds` and `freed`: whichever are due, workspaces in turn. */
  runIds?: readonly string[];
  /** Those of `runIds` that a limit or an order key concerns are named to it instead of being claimed, which takes longer. */
  setAside?: (runIds: readonly string[]) => void;
  /** Told where what is due was asked for and not everything queued could be looked at. */
  seenInPart?: () => void;
  /** Whatever is due where limited runs ended: of their keys, automations and workspaces. */
  freed?: readonly RunGroup[];
  /** Those that one more crash would end. Nothing else asks for them, so that they can be run apart from others. */
  isLastChance?: true;
};

/**
 * As many crashes of its workers without any progress end a run. Before the last one it is run apart from others: a run
 * that kills its worker must not take those beside it along.
 */
export const crashLimit = 3;

/**
 * A run that killed its worker when it was trusted again is run apart once more, for longer. As many crashes end it even
 * so: without any progress, something else must be wrong.
 */
export const crashesAtMost = 7;

/** As many errors of Millrace's own without any progress end a run. */
export const errorsAtMost = 10;

/** What stopped a run though its step did not fail, and at which step that was, if at any. For people; holds no secret. */
export type RunTrouble = { path: string | null; message: string };

/** What limits and order hold for. */
export type RunGroup = Pick<ClaimedRun, "workspaceId" | "automationId" | "orderKey">;

export type Recovery = {
  /** Runs to ring: queued ones nobody took, and those just taken back from dead workers or finished waits. */
  runIds: string[];
  expiredLeases: number;
  quarantined: number;
  /** Those of them. */
  quarantinedRuns: LeftRun[];
  dueWaits: number;
  /** How many runs wait for their last chance and could have it now, counted no further than to a few. */
  lastChances: number;
};

/** Leases use the database's clock. */
export interface RunStore {
  /**
   * Takes a lease on runs that are queued, or waiting and due; raises their fences. Never more than the limits of their
   * workspace and automation leave room for, and of runs with one order key only the first that has not ended.
   */
  claim(request: ClaimRequest): Promise<ClaimedRun[]>;
  /**
   * Extends the leases of these runs; returns those that this worker no longer holds. One that somebody else keeps locked is
   * left to the next call.
   */
  extendLeases(workerId: string, runs: readonly { id: string; fence: number }[], leaseMs: number): Promise<string[]>;
  /** Hands runs back unfinished, to be claimed by another worker at once. Not a crash. */
  release(workerId: string, runs: readonly { id: string; fence: number }[]): Promise<void>;
  /**
   * Gives back a run that an error stopped which is no failure of its step: it waits to be tried again, longer each time,
   * and fails (`own_bug`) once that has happened `errorsAtMost` times without progress. Returns its status; undefined
   * where this worker does not hold it any more.
   */
  putOff(
    workerId: string,
    run: { id: string; fence: number },
    trouble: RunTrouble,
  ): Promise<"waiting" | "failed" | undefined>;
  /** These runs, on their last chance, were no danger to their worker so far: the next crash does not end them. */
  trust(workerId: string, runs: readonly { id: string; fence: number }[]): Promise<void>;
  /**
   * Takes back expired leases (after `crashLimit` crashes the run fails as quarantined, if it was not trusted, and after
   * `crashesAtMost` in any case), requeues due waits, and lists
   * runs queued longer than `unclaimedMs` that nothing holds back. Safe to run twice and in many processes; never touches
   * a terminal run.
   */
  recover(limits: { unclaimedMs: number; crashLimit: number; limit: number }): Promise<Recovery>;
  /** Resolves once the database answers. */
  ping(): Promise<void>;
}

export interface Versions {
  /** The definition that a run is pinned to. Throws if there is none. */
  getDefinition(workspaceId: string, versionId: string): Promise<{ automationName: string; definition: Definition }>;
}

/** A connection opened for one step. `secrets` are the values that must not be stored. */
export type OpenedCredential = {
  connectionId: string;
  /** Rises with each new credential. */
  version: number;
  /** The service refused it when it was last used or checked. */
  isFailing: boolean;
  fields: Readonly<Record<string, string>>;
  secrets: readonly string[];
};

export interface Credentials {
  /** Throws Failure `connection_missing`. */
  open(workspaceId: string, connectorId: string, name: string): Promise<OpenedCredential>;
  /**
   * What the service said to the credential: absent where it took it. Shown as the connection's health, unless the
   * credential was replaced in between. `failure` holds no secret.
   */
  recordUse(workspaceId: string, used: OpenedCredential, failure?: FailureRecord): Promise<void>;
}

/** What the live view is told. Ids only: payloads stay in the database. */
export type LiveEvent = {
  type: "run.queued" | "run.changed" | "step.changed";
  workspaceId: string;
  automationId: string;
  runId: string;
  status: RunStatus | StepStatus;
  path?: string;
  at: string;
};

export interface LiveEvents {
  /** Best effort: a lost event costs a refresh, never a fact. Never throws. */
  publish(event: LiveEvent): void;
}

/** The queue. A ring may be late, lost or doubled: the database is the truth. */
export interface Doorbell {
  /** Announces committed runs of one workspace; one job for up to 50 ids. Never throws: the reconciler rings again. */
  ring(workspaceId: string, runIds: readonly string[], options?: { delayMs?: number }): Promise<void>;
}

/** The answer a sender got, recorded with its delivery; `headers` besides those that follow from status and body. */
export type Answer = { status: number; body: string; headers?: Record<string, string> };

export type InboundRequest = {
  workspaceId: string;
  automationId: string;
  endpointId: string;
  event: Omit<RunEvent, "id">;
  sourceIp: string | null;
};

export type AcceptRequest = InboundRequest & {
  versionId: string;
  /** Whose dedupe keys count: that of the automation's URL before any rotation. The endpoint itself unless said. */
  originEndpointId?: string;
  dedupeKey: string | null;
  /** Runs of one automation and key execute one at a time, in the order of arrival. Of any length; null or empty: in any order. */
  orderKey?: string | null;
  /** The sender gets the run's answer: until that was sent, the delivery says that none was. */
  awaitsRun?: boolean;
};

export type Accepted = {
  runId: string;
  deliveryId: string;
  /** Another request with this key came first; `runId` is its run. */
  isDuplicate: boolean;
  /** The first request with this key had another body. */
  bodyDiffers: boolean;
  answer: Answer;
};

export type RefusedRequest = InboundRequest & {
  /** `handshake`: a provider asked whether the URL is ours. */
  verdict: "rejected" | "filtered" | "handshake";
  /** For people: why there is no run. */
  reason: string;
  answer: Answer;
  /** Of the whole body, where the event holds its beginning only. */
  sizeBytes?: number;
  /** False where the delivery stands for many requests and the event is not kept; true unless said. */
  keepsEvent?: boolean;
};

export interface Intake {
  /** Resolves once event, delivery and run are committed together. Rejects if they are not. */
  accept(request: AcceptRequest): Promise<Accepted>;
  /** Records a request that starts no run, with its event, so that it can be looked at. */
  refuse(request: RefusedRequest): Promise<{ deliveryId: string }>;
  /** A run that a person or the API starts, on an event of its own. */
  start(request: {
    workspaceId: string;
    automationId: string;
    versionId: string;
    event: Omit<RunEvent, "id">;
    /** The delivery whose request the event is a copy of; `orderKey` as of an accepted request. */
    replay?: { deliveryId: string; orderKey: string | null };
  }): Promise<{ runId: string }>;
}

/** How far a run is, for a sender that waits for it. */
export type RunOutcome = {
  runId: string;
  status: RunStatus;
  /** What its first Respond step sends. */
  answer?: RespondOutput;
  /** What the last step of a succeeded run gave, where no Respond step ran. */
  output?: Json;
};

export interface RunOutcomes {
  read(runs: readonly { workspaceId: string; runId: string }[]): Promise<RunOutcome[]>;
  /** Not scoped to a workspace: for those who were given the run's signed link. */
  find(runId: string): Promise<RunOutcome | undefined>;
  /** The answer that was sent at last, for its delivery; `reason` says what is remarkable about it. */
  recordAnswer(workspaceId: string, deliveryId: string, answer: Answer, reason?: string): Promise<void>;
}

export interface RunControl {
  /**
   * Of a failed or canceled run: a new run of the same version and event, linked by `retryOfRunId`, that takes over the
   * succeeded records. A run in review goes on itself instead, and calls its step once more.
   * Throws RunNotFound or RunStateConflict.
   */
  retry(workspaceId: string, runId: string): Promise<{ runId: string; automationId: string }>;
  /**
   * Ends a run that is not terminal; the worker that has it loses its lease. `next` is the run to ring that its order key
   * held back, if there is one. Throws RunNotFound or RunStateConflict.
   */
  cancel(workspaceId: string, runId: string, message: string): Promise<LeftRun & { next: string | undefined }>;
}
