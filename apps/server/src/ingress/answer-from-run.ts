import type { EngineLog, RunOutcome, RunOutcomes } from "@millrace/engine";
import type { Admission } from "./admission.ts";
import type { Exchange } from "./exchange.ts";
import { pendingAnswer, runAnswer } from "./run-answer.ts";
import { createRunWaiter, type LiveWatch } from "./run-waiter.ts";
import { problem, send } from "./send-answer.ts";
import type { StatusLinks } from "./status-links.ts";

export type RunAnswerServices = {
  admission: Pick<Admission, "lookUp">;
  outcomes: RunOutcomes;
  live: LiveWatch;
  statusLinks: StatusLinks;
  log: EngineLog;
  closing?: AbortSignal;
};

type AwaitedRun = { workspaceId: string; endpointId: string; runId: string; deliveryId: string };

/** Answers senders from what their runs came to. */
export function createAnswerFromRun(services: RunAnswerServices) {
  const { admission, outcomes, statusLinks, log, closing } = services;
  const waiter = createRunWaiter(outcomes, services.live, hasAnswer);

  const answerOf = (runId: string, outcome: RunOutcome | undefined) =>
    (outcome && runAnswer(outcome)) ?? pendingAnswer(runId, outcome?.status ?? "queued", statusLinks.linkTo(runId));

  return {
    /**
     * Waits for the run, for 25 s at most, answers, and records what was sent. A sender that hangs up changes nothing for
     * the run; its delivery goes on saying that it got no answer. Gives the answer's status.
     */
    async whenReady({ workspaceId, endpointId, runId, deliveryId }: AwaitedRun, exchange: Exchange): Promise<number> {
      const gone = new AbortController();
      exchange.onceClosed(() => gone.abort());
      const stop = closing ? AbortSignal.any([gone.signal, closing]) : gone.signal;
      const { answer, headers } = answerOf(runId, await waiter.wait({ workspaceId, endpointId, runId }, stop));
      if (!send(exchange, answer, headers)) return answer.status;
      try {
        await outcomes.recordAnswer(workspaceId, deliveryId, { ...answer, headers });
      } catch (error) {
        log.warn({ err: error, runId }, "an answer was sent and could not be recorded");
      }
      return answer.status;
    },

    /** For a sender that comes back for the answer. Asks only, so it is no delivery. */
    async tell(runId: string, exchange: Exchange): Promise<void> {
      if (exchange.method !== "GET") {
        send(exchange, problem(405, "method_not_allowed", "Send GET."), { allow: "GET" });
        return;
      }
      const outcome = await admission.lookUp(() => outcomes.find(runId));
      if (!outcome) {
        send(exchange, problem(404, "unknown_run", "There is no such run, or it is no longer kept."));
        return;
      }
      const { answer, headers } = answerOf(runId, outcome);
      send(exchange, answer, { ...headers, "cache-control": "no-store" });
    },
  };
}

/** A run in review waits for a person, so nobody keeps a connection open for it. */
const hasAnswer = (outcome: RunOutcome): boolean =>
  outcome.status === "needs_review" || runAnswer(outcome) !== undefined;
