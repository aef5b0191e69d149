import type { Delivery, DeliverySummary } from "@millrace/contract";
import type { DeliveryDetail, DeliverySummary as StoredDelivery } from "@millrace/db";
import { presentEvent } from "./event.ts";

export function presentDelivery(delivery: StoredDelivery, automationName: string | null): DeliverySummary {
  return {
    id: delivery.id,
    automation: { id: delivery.automationId, name: automationName },
    verdict: delivery.verdict,
    reason: delivery.reason,
    // Intake gives duplicates a reason and a body of their own for this one cause.
    isConflict: delivery.verdict === "duplicate" && delivery.reason !== null,
    runId: delivery.runId,
    dedupeKey: delivery.dedupeKey,
    method: delivery.method,
    contentType: delivery.contentType,
    sizeBytes: delivery.sizeBytes,
    sourceIp: delivery.sourceIp,
    answerStatus: delivery.answer.status,
    receivedAt: delivery.receivedAt.toISOString(),
  };
}

export function presentDeliveryDetail(delivery: DeliveryDetail, automationName: string | null): Delivery {
  return {
    ...presentDelivery(delivery, automationName),
    answerBody: delivery.answer.body,
    event: delivery.event && presentEvent(delivery.event),
  };
}
