import { type Accepted, acceptedAnswer, duplicateAnswer } from "@millrace/engine";
import type pg from "pg";
import { storedText, storedTextOrNull } from "../stored-text.ts";
import type { Arrival } from "./arrival.ts";
import { claimDedupeKeys, type Owner } from "./dedupe.ts";

/** An arrival and what is made of it. `runId` is another's where it is a duplicate, and absent where it was refused. */
type Outcome = {
  arrival: Arrival;
  isDuplicate: boolean;
  bodyDiffers: boolean;
  runId: string | null;
  hasEvent: boolean;
};

/** Stores a batch inside the caller's transaction. */
export async function writeArrivals(client: pg.PoolClient, arrivals: readonly Arrival[]): Promise<Accepted[]> {
  const owners = await claimDedupeKeys(client, arrivals);
  const outcomes = arrivals.map((arrival) => judge(arrival, owners.get(arrival)));
  await insertEvents(client, outcomes);
  await insertRuns(client, outcomes);
  await insertDeliveries(client, outcomes);
  return outcomes.map((outcome) => ({
    runId: outcome.runId ?? "",
    deliveryId: outcome.arrival.ids.deliveryId,
    isDuplicate: outcome.isDuplicate,
    bodyDiffers: outcome.bodyDiffers,
    answer: answerOf(outcome),
  }));
}

function judge(arrival: Arrival, owner: Owner | undefined): Outcome {
  if (arrival.kind === "refuse")
    return { arrival, isDuplicate: false, bodyDiffers: false, runId: null, hasEvent: true };
  const runId = owner?.runId ?? arrival.ids.runId;
  const isDuplicate = runId !== arrival.ids.runId;
  const bodyDiffers = owner?.bodyDiffers ?? false;
  // A duplicate's body is kept only where it is another one: then somebody will want to look at it.
  return { arrival, isDuplicate, bodyDiffers, runId, hasEvent: !isDuplicate || bodyDiffers };
}

function answerOf({ arrival, isDuplicate, runId }: Outcome) {
  if (arrival.kind === "refuse") return arrival.request.answer;
  return isDuplicate ? duplicateAnswer(runId ?? "") : acceptedAnswer(runId ?? "");
}

async function insertEvents(client: pg.PoolClient, outcomes: readonly Outcome[]): Promise<void> {
  const arrivals = outcomes.filter(({ hasEvent }) => hasEvent).map(({ arrival }) => arrival);
  if (arrivals.length === 0) return;
  const events = arrivals.map(({ request }) => request.event);
  await client.query(
    `INSERT INTO events (id, workspace_id, method, query, headers_json, content_type, body, received_at)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::timestamptz[])`,
    [
      arrivals.map(({ ids }) => ids.eventId),
      arrivals.map(({ request }) => request.workspaceId),
      events.map(({ method }) => storedText(method)),
      events.map(({ query }) => storedText(query)),
      events.map(({ headers }) => JSON.stringify(headers)),
      events.map(({ contentType }) => storedTextOrNull(contentType)),
      events.map(({ body }) => Buffer.from(body.buffer, body.byteOffset, body.byteLength)),
      events.map(({ receivedAt }) => receivedAt.toISOString()),
    ],
  );
}

async function insertRuns(client: pg.PoolClient, outcomes: readonly Outcome[]): Promise<void> {
  const runs = outcomes.flatMap(({ arrival, isDuplicate }) =>
    arrival.kind === "refuse" || isDuplicate ? [] : [arrival],
  );
  if (runs.length === 0) return;
  await client.query(
    `INSERT INTO runs (id, workspace_id, automation_id, version_id, event_id, delivery_id, trigger_type, origin_run_id, queued_at,
       order_key, order_position)
     SELECT r, w, a, v, e, d, t, r, now(), k, CASE WHEN k = '' THEN 0 ELSE nextval('runs_order_position_seq') END
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]) AS t(r, w, a, v, e, d, t, k)`,
    [
      runs.map(({ ids }) => ids.runId),
      runs.map(({ request }) => request.workspaceId),
      runs.map(({ request }) => request.automationId),
      runs.map(({ request }) => request.versionId),
      runs.map(({ ids }) => ids.eventId),
      runs.map(({ kind, ids }) => (kind === "accept" ? ids.deliveryId : null)),
      runs.map(({ kind }) => (kind === "accept" ? "webhook" : "manual")),
      runs.map((arrival) => (arrival.kind === "accept" ? arrival.orderKey : "")),
    ],
  );
}

async function insertDeliveries(client: pg.PoolClient, outcomes: readonly Outcome[]): Promise<void> {
  const rows = outcomes.flatMap((outcome) =>
    outcome.arrival.kind === "start" ? [] : [{ ...outcome, arrival: outcome.arrival }],
  );
  if (rows.length === 0) return;
  const requests = rows.map(({ arrival }) => arrival.request);
  const answers = rows.map(answerOf);
  await client.query(
    `INSERT INTO deliveries (id, workspace_id, endpoint_id, automation_id, event_id, run_id, verdict, reason, dedupe_key,
       method, content_type, size_bytes, source_ip, answer_status, answer_body, received_at)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
       $10::text[], $11::text[], $12::int[], $13::text[], $14::int[], $15::text[], $16::timestamptz[])`,
    [
      rows.map(({ arrival }) => arrival.ids.deliveryId),
      requests.map(({ workspaceId }) => workspaceId),
      requests.map(({ endpointId }) => endpointId),
      requests.map(({ automationId }) => automationId),
      rows.map(({ arrival, hasEvent }) => (hasEvent ? arrival.ids.eventId : null)),
      rows.map(({ runId }) => runId),
      rows.map(({ arrival, isDuplicate }) =>
        arrival.kind === "refuse" ? arrival.request.verdict : isDuplicate ? "duplicate" : "accepted",
      ),
      rows.map(({ arrival, bodyDiffers, isDuplicate }) =>
        arrival.kind === "refuse"
          ? storedText(arrival.request.reason)
          : bodyDiffers
            ? "The first request with this key had another body."
            : arrival.request.awaitsRun && !isDuplicate
              ? "The sender waits for the run and has been sent no answer."
              : null,
      ),
      rows.map(({ arrival }) => (arrival.kind === "accept" ? storedTextOrNull(arrival.request.dedupeKey) : null)),
      requests.map(({ event }) => storedText(event.method)),
      requests.map(({ event }) => storedTextOrNull(event.contentType)),
      requests.map(({ event }) => event.body.byteLength),
      requests.map(({ sourceIp }) => storedTextOrNull(sourceIp)),
      answers.map(({ status }) => status),
      answers.map(({ body }) => storedText(body)),
      requests.map(({ event }) => event.receivedAt.toISOString()),
    ],
  );
}
