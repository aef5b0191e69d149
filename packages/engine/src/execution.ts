import { type MappingWarning, openEvent, type PlannedStep, type TriggerScope } from "@millrace/automation";
import type { FailureRecord, Json } from "@millrace/base";
import type { StateOperation } from "@millrace/connector-kit";
import { createRedactor } from "@millrace/vault";
import type { EngineServices } from "./engine-services.ts";
import type { AttemptRecord, ClaimedRun, CommitOutcome, JournalCommit, RunTransition, StepRecord } from "./ports.ts";

/** The run is no longer ours: another worker has it, or it was canceled. Nothing more may be written. */
export class LeaseLost extends Error {
  constructor(runId: string) {
    super(`The lease on ${runId} is lost.`);
    this.name = "LeaseLost";
  }
}

export type Finished = {
  status: StepRecord["status"];
  input?: Json;
  output?: Json;
  failure?: FailureRecord;
  warnings?: readonly MappingWarning[];
  attempts?: readonly AttemptRecord[];
  idempotencyKey?: string;
  startedAt: Date;
};

/**
 * One run while a worker holds it: what expressions see, what is recorded, and what waits to be recorded.
 * Records of steps that touch nothing outside are kept back and commit together with the next one that does.
 */
export class Execution {
  readonly run: ClaimedRun;
  readonly scope: { trigger: TriggerScope; steps: { [id: string]: Json }; run: Json; automation: Json };
  readonly signal: AbortSignal;
  /** Told how much more of it is in memory, as it is stored. */
  readonly holds: (bytes: number) => void;
  /** The path of the step under way. */
  at: string | undefined;
  readonly #services: EngineServices;
  readonly #recorded: Map<string, StepRecord>;
  #pending: StepRecord[] = [];
  #secrets: string[] = [];
  #redactor = createRedactor([]);
  readonly #connectionIds = new Map<string, string>();
  #leftAs: RunTransition["to"] | undefined;

  constructor(
    run: ClaimedRun,
    automationName: string,
    services: EngineServices,
    { signal, holds }: { signal: AbortSignal; holds(bytes: number): void },
  ) {
    this.run = run;
    this.signal = signal;
    this.holds = holds;
    this.#services = services;
    this.#recorded = new Map(run.records.map((record) => [record.path, record]));
    this.scope = {
      trigger: openEvent(run.event).trigger,
      steps: Object.create(null),
      run: { id: run.id, startedAt: run.startedAt.toISOString() },
      automation: { id: run.automationId, name: automationName },
    };
  }

  /** The status that the run was given; undefined while it is running. */
  get leftAs(): RunTransition["to"] | undefined {
    return this.#leftAs;
  }

  recorded(path: string): StepRecord | undefined {
    return this.#recorded.get(path);
  }

  /** From now on these values are replaced wherever they would be stored, shown or used by a later step. */
  guard(secrets: readonly string[]): void {
    const fresh = secrets.filter((secret) => !this.#secrets.includes(secret));
    if (fresh.length === 0) return;
    this.#secrets = [...this.#secrets, ...fresh];
    this.#redactor = createRedactor(this.#secrets);
  }

  /** For the observer: which connection a step's call went through. */
  usesConnection(path: string, connectionId: string): void {
    this.#connectionIds.set(path, connectionId);
  }

  redact<Value extends Json>(value: Value): Json {
    return this.#redactor.redactJson(value);
  }

  /** Lets later steps see the step's output as `steps.<id>`. */
  reveal(stepId: string, output: Json): void {
    this.scope.steps[stepId] = output;
  }

  keep(step: PlannedStep, finished: Finished): StepRecord {
    const record = this.#record(step, finished);
    this.#pending = [...this.#pending.filter(({ path }) => path !== record.path), record];
    return record;
  }

  /** Writes what was kept back, with an effect and the run's next status where given. Throws LeaseLost. */
  async commit(
    parts: { effect?: { path: string; operation: StateOperation }; transition?: RunTransition } = {},
  ): Promise<Exclude<CommitOutcome, { kind: "lease_lost" }>> {
    const records = this.#pending;
    const { id: runId, workspaceId, fence } = this.run;
    const entry: JournalCommit = { runId, workspaceId, workerId: this.#services.workerId, fence, records, ...parts };
    const outcome = await this.#services.journal.commit(entry);
    if (outcome.kind === "lease_lost") throw new LeaseLost(runId);
    if (outcome.kind === "committed") {
      this.#pending = this.#pending.filter((record) => !records.includes(record));
      this.#leftAs = parts.transition?.to;
      for (const record of records) this.#recorded.set(record.path, record);
      this.#announce(records, parts.transition);
      this.#observe(records, parts.transition);
    }
    return outcome;
  }

  #record(step: PlannedStep, finished: Finished): StepRecord {
    const { input, output, failure, warnings, attempts, ...rest } = finished;
    const isOver = finished.status !== "running" && finished.status !== "waiting";
    return {
      path: step.path,
      stepId: step.id,
      kind: step.kind,
      ...(step.kind === "action" ? { action: step.action } : {}),
      ...rest,
      ...(input === undefined ? {} : { input: this.redact(input) }),
      ...(output === undefined ? {} : { output }), // redacted before it was revealed
      ...(failure === undefined ? {} : { failure: this.#redactFailure(failure) }),
      ...(warnings && warnings.length > 0 ? { warnings } : {}),
      attempts: (attempts ?? []).map((attempt) =>
        attempt.failure ? { ...attempt, failure: this.#redactFailure(attempt.failure) } : attempt,
      ),
      ...(isOver ? { finishedAt: this.#services.clock.now() } : {}),
    };
  }

  #redactFailure(failure: FailureRecord): FailureRecord {
    const { facts, ...rest } = failure;
    return {
      ...rest,
      message: this.#redactor.redactText(rest.message),
      ...(rest.advice === undefined ? {} : { advice: this.#redactor.redactText(rest.advice) }),
      ...(facts === undefined ? {} : { facts: this.#redactor.redactJson(facts) as Record<string, Json> }),
    };
  }

  /** A failure as it may be shown: the same text that its record holds. */
  presentFailure(failure: FailureRecord): FailureRecord {
    return this.#redactFailure(failure);
  }

  #announce(records: readonly StepRecord[], transition: RunTransition | undefined): void {
    const { id: runId, workspaceId, automationId } = this.run;
    const base = { workspaceId, automationId, runId, at: this.#services.clock.now().toISOString() };
    for (const { path, status } of records)
      this.#services.live.publish({ ...base, type: "step.changed", path, status });
    if (transition) this.#services.live.publish({ ...base, type: "run.changed", status: transition.to });
  }

  #observe(records: readonly StepRecord[], transition: RunTransition | undefined): void {
    const { observe, clock } = this.#services;
    if (!observe) return;
    const { id: runId, workspaceId, automationId, queuedAt } = this.run;
    for (const { path, kind, action, status, failure, attempts, startedAt: begunAt, finishedAt } of records) {
      if (!finishedAt) continue;
      const connectionId = this.#connectionIds.get(path);
      observe.stepFinished({
        runId,
        path,
        kind,
        ...(action === undefined ? {} : { action }),
        ...(connectionId === undefined ? {} : { connectionId }),
        status,
        ...(failure === undefined ? {} : { failureCode: failure.code }),
        attempts: attempts.length,
        startedAt: begunAt,
        finishedAt,
      });
    }
    if (!transition) return;
    observe.runLeft({
      runId,
      workspaceId,
      automationId,
      queuedAt,
      status: transition.to,
      ...(transition.to === "failed" ? { failureCode: transition.failure.code } : {}),
      at: clock.now(),
    });
  }
}
