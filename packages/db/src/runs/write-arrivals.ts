import { type Accepted, type Answer, acceptedAnswer, duplicateAnswer } from "@millrace/engine";
import type pg from "pg";
import { pipelinedTransaction } from "../pipelined-transaction.ts";
import { storedJsonOrNull, storedText, storedTextOrNull } from "../stored-text.ts";
import type { Arrival } from "./arrival.ts";
import { claimDedupeKeys, isKeyed, type Owner } from "./dedupe.ts";
import { type HotPath, type Ids, type Lane, laneStatement } from "./hot-path.ts";

/** An arrival and what is made of it. `runId` is another's where it is a duplicate, and absent where it was refused. */
type Outcome = {
  arrival: Arrival;
  isDuplicate: boolean;
  bodyDiffers: boolean;
  runId: string | null;
  hasEvent: boolean;
};

/** Stores a batch, all of it or nothing. */
export async function writeArrivals(hotPath: HotPath, arrivals: readonly Arrival[]): Promise<Accepted[]> {
  const lane = await hotPath.laneOf(idsOf(arrivals));
  if (!arrivals.some(isKeyed)) {
    const outcomes = arrivals.map((arrival) => judge(arrival, undefined));
    await lane.pool.query(insertOf(lane, outcomes));
    return outcomes.map(acceptedOf);
  }
  const outcomes = await pipelinedTransaction(lane.pool, {
    async read(client) {
      const owners = await claimDedupeKeys(client, arrivals);
      return arrivals.map((arrival) => judge(arrival, owners.get(arrival)));
    },
    write: (judged) => [insertOf(lane, judged)],
  });
  return outcomes.map(acceptedOf);
}

const idsOf = (arrivals: readonly Arrival[]): Ids => ({
  event: arrivals.map(({ ids }) => ids.eventId),
  delivery: arrivals.map(({ ids }) => ids.deliveryId),
  run: arrivals.map(({ ids }) => ids.runId),
});

const acceptedOf = (outcome: Outcome): Accepted => ({
  runId: outcome.runId ?? "",
  deliveryId: outcome.arrival.ids.deliveryId,
  isDuplicate: outcome.isDuplicate,
  bodyDiffers: outcome.bodyDiffers,
  answer: answerOf(outcome),
});

function judge(arrival: Arrival, owner: Owner | undefined): Outcome {
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

const insert = laneStatement(
  ({ events, runs, deliveries }) => `WITH stored_events AS (
    INSERT INTO ${events} (id, workspace_id, method, query, headers_json, content_type, body, received_at)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[], $8::timestamptz[])
  ), stored_runs AS (
    INSERT INTO ${runs} (id, workspace_id, automation_id, version_id, event_id, delivery_id, trigger_type, origin_run_id, queued_at,
      order_key, order_position)
    SELECT r, w, a, v, e, d, t, r, now(), k, CASE WHEN k = '' THEN 0 ELSE nextval('runs_order_position_seq') END
    FROM unnest($9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[]) AS t(r, w, a, v, e, d, t, k)
  )
  INSERT INTO ${deliveries} (id, workspace_id, endpoint_id, automation_id, event_id, run_id, verdict, reason, dedupe_key,
    method, content_type, size_bytes, source_ip, answer_status, answer_body, received_at, answer_headers_json)
  SELECT * FROM unnest($17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[], $24::text[], $25::text[],
    $26::text[], $27::text[], $28::int[], $29::text[], $30::int[], $31::text[], $32::timestamptz[], $33::text[])`,
);

const insertOf = (lane: Lane, outcomes: readonly Outcome[]): pg.QueryConfig =>
  insert(lane, [...eventColumns(outcomes), ...runColumns(outcomes), ...deliveryColumns(outcomes)]);

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
