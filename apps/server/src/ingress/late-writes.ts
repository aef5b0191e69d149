import type { Clock } from "@millrace/base";
import type {
  Accepted,
  AcceptRequest,
  Doorbell,
  EngineLog,
  LiveEvents,
  RefusedRequest,
  RunOutcomes,
} from "@millrace/engine";
import { comeBackAnswer } from "./refusals.ts";

/** Told of what was committed after its sender had heard that it was not. Returns at once and never throws. */
export interface LateWrites {
  accepted(request: AcceptRequest, accepted: Accepted): void;
  refused(request: RefusedRequest, refused: { deliveryId: string }): void;
}

export type LateWriteServices = {
  outcomes: Pick<RunOutcomes, "recordAnswer">;
  doorbell: Doorbell;
  live: LiveEvents;
  clock: Clock;
  log: EngineLog;
};

const lateReason =
  "The database took so long to record this request that its sender had been told to send it again: the same event may come twice.";

/** The history says what was sent, and a run that exists waits for nobody. */
export function createLateWrites({ outcomes, doorbell, live, clock, log }: LateWriteServices): LateWrites {
  let recorded = Promise.resolve();

  /** One after the other: after an outage there may be hundreds, and the senders come first. */
  function record(workspaceId: string, deliveryId: string, reason: string): void {
    recorded = recorded
      .then(() => outcomes.recordAnswer(workspaceId, deliveryId, comeBackAnswer.unavailable, reason))
      .catch((error: unknown) => {
        log.warn({ err: error, deliveryId }, "a delivery goes on naming an answer that was not sent");
      });
  }

  return {
    accepted({ workspaceId, automationId }, { deliveryId, runId, isDuplicate }) {
      record(workspaceId, deliveryId, lateReason);
      if (isDuplicate) return;
      const at = clock.now().toISOString();
      live.publish({ type: "run.queued", workspaceId, automationId, runId, status: "queued", at });
      void doorbell.ring(workspaceId, [runId]);
    },
    refused({ workspaceId, reason, keepsEvent }, { deliveryId }) {
      // Where it stands for many, nobody waited for it.
      if (keepsEvent !== false) record(workspaceId, deliveryId, `${reason} ${lateReason}`);
    },
  };
}
