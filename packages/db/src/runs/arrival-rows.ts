import { type Accepted, type Answer, acceptedAnswer, duplicateAnswer } from "@millrace/engine";
import { storedJsonOrNull, storedText, storedTextOrNull } from "../stored-text.ts";
import type { Arrival } from "./arrival.ts";
import type { Owner } from "./dedupe.ts";

/** An arrival and what is made of it. `runId` is another's where it is a duplicate, and absent where it was refused. */
export type Outcome = {
  arrival: Arrival;
  isDuplicate: boolean;
  bodyDiffers: boolean;
  runId: string | null;
  hasEvent: boolean;
};

export function judge(arrival: Arrival, owner: Owner | undefined): Outcome {
  if (arrival.kind === "refuse") {
    const hasEvent = arrival.request.keepsEvent ?? true;
    return { arrival, isDuplicate: false, bodyDiffers: false, runId: null, hasEvent };
  }
  const runId = owner?.runId ?? arrival.ids.runId;
  const isDuplicate = runId !== arrival.ids.runId;
  const bodyDiffers = owner?.bodyDiffers ?? false;
  // A duplicate's body is kept only where it is another one: then somebody will want to look at it.
  return { arrival, isDuplicate, bodyDiffers, runId, hasEvent: !isDuplicate || bodyDiffers };
}

function answerOf({ arrival, isDuplicate, runId }: Outcome): Answer {
  if (arrival.kind === "refuse") return arrival.request.answer;
  return isDuplicate ? duplicateAnswer(runId ?? "") : acceptedAnswer(runId ?? "");
}

export const acceptedOf = (outcome: Outcome): Accepted => ({
  runId: outcome.runId ?? "",
  deliveryId: outcome.arrival.ids.deliveryId,
  isDuplicate: outcome.isDuplicate,
  bodyDiffers: outcome.bodyDiffers,
  answer: answerOf(outcome),
});

/** As many values as `insertRows` of write-arrivals.ts takes, in its order. */
export const columnsOf = (outcomes: readonly Outcome[]): unknown[] => [
  ...eventColumns(outcomes),
  ...runColumns(outcomes),
  ...deliveryColumns(outcomes),
];

function eventColumns(outcomes: readonly Outcome[]): unknown[] {
  const arrivals = outcomes.filter(({ hasEvent }) => hasEvent).map(({ arrival }) => arrival);
  const events = arrivals.map(({ request }) => request.event);
  return [
    arrivals.map(({ ids }) => ids.eventId),
    arrivals.map(({ request }) => request.workspaceId),
    events.map(({ method }) => storedText(method)),
    events.map(({ query }) => storedText(query)),
    events.map(({ headers }) => JSON.stringify(headers)),
    events.map(({ contentType }) => storedTextOrNull(contentType)),
    events.map(({ body }) => Buffer.from(body.buffer, body.byteOffset, body.byteLength)),
    events.map(({ receivedAt }) => receivedAt.toISOString()),
  ];
}

function runColumns(outcomes: readonly Outcome[]): unknown[] {
  const runs = outcomes.flatMap(({ arrival, isDuplicate }) =>
    arrival.kind === "refuse" || isDuplicate ? [] : [arrival],
  );
  return [
    runs.map(({ ids }) => ids.runId),
    runs.map(({ request }) => request.workspaceId),
    runs.map(({ request }) => request.automationId),
    runs.map(({ request }) => request.versionId),
    runs.map(({ ids }) => ids.eventId),
    runs.map((arrival) =>
      arrival.kind === "accept" ? arrival.ids.deliveryId : (arrival.request.replay?.deliveryId ?? null),
    ),
    runs.map((arrival) => (arrival.kind === "accept" ? "webhook" : arrival.request.replay ? "replay" : "manual")),
    runs.map(({ orderKey }) => orderKey),
  ];
}

function deliveryColumns(outcomes: readonly Outcome[]): unknown[] {
  const rows = outcomes.flatMap((outcome) =>
    outcome.arrival.kind === "start" ? [] : [{ ...outcome, arrival: outcome.arrival }],
  );
  const requests = rows.map(({ arrival }) => arrival.request);
  const answers = rows.map(answerOf);
  return [
    rows.map(({ arrival }) => arrival.ids.deliveryId),
    requests.map(({ workspaceId }) => workspaceId),
    requests.map(({ endpointId }) => endpointId),
    requests.map(({ automationId }) => automationId),
    rows.map(({ arrival, hasEvent }) => (hasEvent ? arrival.ids.eventId : null)),
    rows.map(({ runId }) => runId),
    rows.map(({ arrival, isDuplicate }) =>
      arrival.kind === "refuse" ? arrival.request.verdict : isDuplicate ? "duplicate" : "accepted",
    ),
    rows.map((outcome) => reasonOf(outcome)),
    rows.map(({ arrival }) => (arrival.kind === "accept" ? storedTextOrNull(arrival.request.dedupeKey) : null)),
    requests.map(({ event }) => storedText(event.method)),
    requests.map(({ event }) => storedTextOrNull(event.contentType)),
    rows.map(({ arrival }) => sizeOf(arrival)),
    requests.map(({ sourceIp }) => storedTextOrNull(sourceIp)),
    answers.map(({ status }) => status),
    answers.map(({ body }) => storedText(body)),
    requests.map(({ event }) => event.receivedAt.toISOString()),
    answers.map(({ headers }) => storedJsonOrNull(headers)),
  ];
}

const sizeOf = ({ kind, request }: Exclude<Arrival, { kind: "start" }>): number =>
  (kind === "refuse" ? request.sizeBytes : undefined) ?? request.event.body.byteLength;

function reasonOf({ arrival, bodyDiffers, isDuplicate }: Outcome): string | null {
  if (arrival.kind === "refuse") return storedText(arrival.request.reason);
  if (bodyDiffers) return "The first request with this key had another body.";
  const isAwaited = arrival.kind === "accept" && arrival.request.awaitsRun && !isDuplicate;
  return isAwaited ? "The sender waits for the run and has been sent no answer." : null;
}
