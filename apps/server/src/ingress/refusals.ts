import type { Trigger } from "@millrace/automation";
import type { Answer } from "@millrace/engine";
import type { UnavailableReason } from "./admission.ts";
import type { OpenedTrigger } from "./opened-trigger.ts";
import { problem, type ReadyAnswer, readyAnswer } from "./send-answer.ts";

/** Why a request starts no run: for the endpoint's owner, and what the sender is told. */
export type Refusal = {
  reason: string;
  answer: Answer;
  headers?: Record<string, string>;
  /** The fault may lie with the endpoint's owner, who can mend it and run the request then, so it is kept whole. */
  isReplayable?: true;
};

type Door = { enabled: boolean; versionId: string | null; trigger: Trigger | null };

/** Why a URL that worked once does not work any longer, and since when. */
export type Gone = { why: "replaced" | "deleted"; since: Date };

/** Says nothing about whether there was one. */
export const unknownEndpoint = problem(
  404,
  "unknown_endpoint",
  "There is no webhook at this URL. Copy it again from the automation's trigger.",
);

const couldNotRecord = (reason: UnavailableReason, retryAfterSeconds: number) => ({
  ...problem(503, reason, "The request could not be recorded in time. Send it again."),
  headers: { "retry-after": String(retryAfterSeconds) },
});

export const comeBackAnswer = {
  overloaded: couldNotRecord("overloaded", 1),
  unavailable: couldNotRecord("unavailable", 2),
} satisfies Record<UnavailableReason, Answer>;

/** For those who come while there is no room for them. */
export const comeBack: Readonly<Record<UnavailableReason, ReadyAnswer>> = {
  overloaded: readyAnswer(comeBackAnswer.overloaded, comeBackAnswer.overloaded.headers),
  unavailable: readyAnswer(comeBackAnswer.unavailable, comeBackAnswer.unavailable.headers),
};

export function methodRefusal(method: string, { methods }: OpenedTrigger): Refusal {
  const allow = [...methods].join(", ");
  return {
    reason: `Method ${method} is not taken.`,
    answer: problem(405, "method_not_allowed", `Send ${allow}; ${method} starts no run.`),
    headers: { allow },
  };
}

export const bodyProblem = ({ status, reason }: { status: number; reason: string }): Refusal => ({
  reason,
  answer: problem(status, status === 413 ? "too_large" : "unreadable_body", reason),
});

/** Why no request is an event now. */
export function closedReason({ enabled, versionId, trigger }: Door): Refusal | undefined {
  if (versionId === null || trigger === null) {
    return closed(
      "not_published",
      "This automation is not published yet. The request was recorded and can be used as a sample; publish, then send it again.",
    );
  }
  if (!enabled)
    return closed("paused", "This automation is paused. The request was recorded; send it again once it is on.");
  if (trigger.type !== "webhook") {
    return closed("no_webhook_trigger", "The published version of this automation is not started by a webhook.");
  }
  return undefined;
}

const closed = (code: string, reason: string): Refusal => ({
  reason,
  answer: problem(409, code, reason),
  isReplayable: true,
});

/** The sender hears what everybody hears who has no valid URL; the owner hears why. */
export function goneRefusal({ why, since }: Gone): Refusal {
  const at = `${since.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const reason =
    why === "replaced"
      ? `This URL was replaced and has not worked since ${at}. Give the sender the automation's new one.`
      : `This URL's automation was deleted on ${at}. Tell the sender to stop.`;
  return { reason, answer: unknownEndpoint };
}
