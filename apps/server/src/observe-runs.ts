import type { RunControl, RunObserver } from "@millrace/engine";
import type { Logger } from "pino";

/** One line where a run begins, one where it ends or waits: ids, codes and times, never what ran through it. */
export function logRuns(log: Logger): RunObserver {
  return {
    runClaimed({ runId, automationId, fence }) {
      log.debug({ runId, automationId, fence }, "run claimed");
    },
    stepFinished({ runId, path, action, status, failureCode, startedAt, finishedAt }) {
      const ms = finishedAt.getTime() - startedAt.getTime();
      log.debug({ runId, path, action, status, failureCode, ms }, "step finished");
    },
    runLeft({ runId, automationId, status, failureCode, queuedAt, at }) {
      const facts = { runId, automationId, status, failureCode, ms: at.getTime() - queuedAt.getTime() };
      if (status === "failed" || status === "needs_review" || status === "canceled") log.info(facts, `run ${status}`);
      else log.debug(facts, `run ${status}`);
    },
    // The worker says so itself, with what it was at.
    leaseLost() {},
  };
}

/** Tells of the runs that people cancel. */
export const observed = (control: RunControl, observe: Pick<RunObserver, "runLeft">): RunControl => ({
  ...control,
  async cancel(workspaceId, runId, message) {
    const run = await control.cancel(workspaceId, runId, message);
    observe.runLeft(run);
    return run;
  },
});

/** Tells each of them; one that throws must not harm the run. */
export function tellAll(observers: readonly RunObserver[], log: Pick<Logger, "error">): RunObserver {
  const each = (tell: (observer: RunObserver) => void) => {
    for (const observer of observers) {
      try {
        tell(observer);
      } catch (error) {
        log.error({ err: error }, "a run could not be observed");
      }
    }
  };
  return {
    runClaimed: (run) => each((observer) => observer.runClaimed(run)),
    stepFinished: (step) => each((observer) => observer.stepFinished(step)),
    runLeft: (run) => each((observer) => observer.runLeft(run)),
    leaseLost: (runId) => each((observer) => observer.leaseLost(runId)),
  };
}
