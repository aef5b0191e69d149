import type { PlannedAction } from "@millrace/automation";
import { Failure, type FailureRecord, type Json } from "@millrace/base";
import { type CallAction, runAction } from "@millrace/connector-kit";
import { backoffMs } from "./backoff.ts";
import type { EngineServices } from "./engine-services.ts";
import type { Execution, Finished } from "./execution.ts";
import { idempotencyKey } from "./idempotency-key.ts";
import type { AttemptRecord, OpenedCredential, StepRecord } from "./ports.ts";

/** A worker never sleeps on a run for longer: it makes the wait a row and takes another run. */
const longestSleepMs = 2_000;
/** A call that takes longer is journaled as running, so that people see it; faster ones cost no extra write. */
const slowCallMs = 300;
const outputLimitBytes = 5 * 1_048_576;

export type Called =
  | { kind: "succeeded" | "failed" | "review"; finished: Finished }
  | { kind: "waits"; finished: Finished; attempt: number; delayMs: number; failure: Failure };

type Call = {
  step: PlannedAction;
  action: CallAction;
  input: Json;
  warnings: NonNullable<Finished["warnings"]>;
  startedAt: Date;
  /** The record of a step that waited or whose worker died. */
  before: StepRecord | undefined;
};

/** Calls the action, again after quick failures, until it succeeds, fails for good, or has to wait for longer. */
export async function callAction(call: Call, execution: Execution, services: EngineServices): Promise<Called> {
  const { step, input, warnings, before } = call;
  const attempts: AttemptRecord[] = [...(before?.attempts ?? [])];
  const allowed = step.atMostOnce ? 1 : step.attempts;
  const key = idempotencyKey(execution.run.originRunId, step.path);
  const soFar = () => ({
    input,
    warnings,
    attempts: [...attempts],
    startedAt: before?.startedAt ?? call.startedAt,
    idempotencyKey: key,
  });
  for (;;) {
    const startedAt = services.clock.now().toISOString();
    const answer = await journaledCall(call, key, soFar(), execution, services);
    const finishedAt = services.clock.now().toISOString();
    if (!(answer instanceof Failure)) {
      attempts.push({ startedAt, finishedAt });
      return { kind: "succeeded", finished: { ...soFar(), status: "succeeded", output: answer } };
    }
    execution.signal.throwIfAborted();
    const failure = answer.toRecord();
    attempts.push({ startedAt, finishedAt, failure });
    if (answer.nextStep === "review")
      return { kind: "review", finished: { ...soFar(), status: "needs_review", failure } };
    if (answer.nextStep !== "retry" || attempts.length >= allowed) {
      return {
        kind: "failed",
        finished: { ...soFar(), status: "failed", failure: withAttempts(failure, attempts.length) },
      };
    }
    const delayMs = backoffMs(attempts.length, answer, services.random);
    if (delayMs > longestSleepMs) {
      return {
        kind: "waits",
        finished: { ...soFar(), status: "waiting", failure },
        attempt: attempts.length,
        delayMs,
        failure: answer,
      };
    }
    await sleep(delayMs, execution.signal);
  }
}

function withAttempts(failure: FailureRecord, count: number): FailureRecord {
  return count === 1 ? failure : { ...failure, message: `${failure.message} (after ${count} attempts)` };
}

/** One attempt. A Failure is returned; whatever else goes wrong (the database, a lost lease) is thrown. */
async function journaledCall(
  { step, action, input }: Call,
  key: string,
  soFar: Omit<Finished, "status">,
  execution: Execution,
  services: EngineServices,
): Promise<Json | Failure> {
  const journalAsRunning = async () => {
    execution.keep(step, { ...soFar, status: "running" });
    await execution.commit();
  };
  // What is at most once must be on record before the call, or a crash could not tell whether it was made.
  if (step.atMostOnce) await journalAsRunning();
  const slow = step.atMostOnce ? undefined : afterDelay(slowCallMs, journalAsRunning);
  let opened: OpenedCredential | undefined;
  try {
    opened = await openCredential(step, action, execution, services);
    const output = await runAction(action, {
      input,
      credential: opened?.fields,
      idempotencyKey: key,
      signal: execution.signal,
      http: services.egress,
      now: services.clock.now(),
      ...(step.timeoutMs === undefined ? {} : { timeoutMs: step.timeoutMs }),
      ...(step.atMostOnce ? { replay: "unsafe" as const } : {}),
    });
    if (opened?.isFailing) await recordUse(opened, undefined, execution, services);
    return storable(execution.redact(output), execution);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (opened && error.code === "credential_rejected") await recordUse(opened, error, execution, services);
    return error;
  } finally {
    await slow?.settle();
  }
}

/** Starts `work` after a delay. `settle` cancels it, or waits for it and throws what it threw. */
function afterDelay(delayMs: number, work: () => Promise<void>): { settle(): Promise<void> } {
  let outcome: Promise<{ error?: unknown }> = Promise.resolve({});
  const timer = setTimeout(() => {
    outcome = work().then(
      () => ({}),
      (error: unknown) => ({ error }),
    );
  }, delayMs);
  return {
    async settle() {
      clearTimeout(timer);
      const { error } = await outcome;
      if (error !== undefined) throw error;
    },
  };
}

async function openCredential(
  step: PlannedAction,
  action: CallAction,
  execution: Execution,
  { credentials }: EngineServices,
) {
  if (step.connection === undefined || action.connection === undefined) return undefined;
  const connectorId = step.action.split(".", 1)[0] ?? "";
  const opened = await credentials.open(execution.run.workspaceId, connectorId, step.connection);
  execution.usesConnection(step.path, opened.connectionId);
  execution.guard(opened.secrets);
  return opened;
}

/** The connection's page shows it too. Not worth failing a step for. */
async function recordUse(
  opened: OpenedCredential,
  failure: Failure | undefined,
  execution: Execution,
  { credentials, log }: EngineServices,
): Promise<void> {
  const { id: runId, workspaceId } = execution.run;
  const shown = failure && execution.presentFailure(failure.toRecord());
  await credentials.recordUse(workspaceId, opened, shown).catch((error: unknown) => {
    log.warn({ runId, err: error }, "could not note whether the service took the credential");
  });
}

function storable(output: Json, execution: Execution): Json | Failure {
  const bytes = typeof output === "string" ? output.length : JSON.stringify(output).length;
  if (bytes <= outputLimitBytes) {
    execution.holds(bytes);
    return output;
  }
  return new Failure("too_large", `The output is ${bytes} bytes; a step may give ${outputLimitBytes}.`, {
    advice: "Ask for less: fewer fields, or one page at a time.",
  });
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
