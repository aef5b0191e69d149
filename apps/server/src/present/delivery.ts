import type { Delivery, DeliverySummary } from "@millrace/contract";
import type { DeliveryDetail, DeliverySummary as StoredDelivery } from "@millrace/db";
import { readyAnswer } from "../ingress/send-answer.ts";
import { presentEvent, withoutSecret } from "./event.ts";

export function presentDelivery(delivery: StoredDelivery, automationName: string | null): DeliverySummary {
  return {
    id: delivery.id,
    automation: { id: delivery.automationId, name: automationName },
    verdict: delivery.verdict,
    reason: delivery.reason,
    // Intake keeps a duplicate's request for this one cause.
    isConflict: delivery.verdict === "duplicate" && delivery.eventId !== null,
    runId: delivery.runId,
    dedupeKey: delivery.dedupeKey,
    method: delivery.method,
    contentType: delivery.contentType,
    sizeBytes: delivery.sizeBytes,
    sourceIp: delivery.sourceIp,
    answerStatus: delivery.answerStatus,
    receivedAt: delivery.receivedAt.toISOString(),
  };
}

export function presentDeliveryDetail(
  delivery: DeliveryDetail,
  automationName: string | null,
  replayProblem: string | null,
): Delivery {
  return {
    ...presentDelivery(delivery, automationName),
    answerBody: delivery.answer.body,
    answerHeaders: presentAnswerHeaders(delivery.answer),
    event: delivery.event && presentEvent(delivery.event),
    isBodyCut: delivery.event !== null && delivery.event.body.byteLength < delivery.sizeBytes,
    replayProblem,
    replays: delivery.replays.map((run) => ({ ...run, queuedAt: run.queuedAt.toISOString() })),
  };
}

/** What was recorded, and what the ingress adds to every answer. */
function presentAnswerHeaders(answer: DeliveryDetail["answer"]): Delivery["answerHeaders"] {
  const { head } = readyAnswer(answer, answer.headers);
  return head.flatMap((name, index) => (index % 2 === 0 ? [withoutSecret(name, head[index + 1] ?? "")] : []));
}
