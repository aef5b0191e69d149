import type { ClaimedRun, RunEvent } from "@millrace/engine";
import { type HotPath, laneStatement } from "./hot-path.ts";
import { boundsOf } from "./id-bounds.ts";
import { fromRow, type StepRecordRow } from "./step-record-columns.ts";

/** A run as the statement that took it answers. */
export type TakenRow = {
  id: string;
  workspace_id: string;
  automation_id: string;
  version_id: string;
  event_id: string;
  origin_run_id: string;
  fence: number;
  crash_count: number;
  queued_at: Date;
  started_at: Date;
  order_key: string;
  is_retry: boolean;
  is_limited: boolean;
};

/**
 * `unloadable`: those that this release can't read, or of which something is missing, with what is wrong. `postponed`: those
 * for which no bytes were left.
 */
export type Loaded = { runs: ClaimedRun[]; unloadable: { row: TakenRow; message: string }[]; postponed: TakenRow[] };

/**
 * With their events and what is recorded of them already, in the order of their ids, until they hold `maxBytes`; the first
 * however large it is.
 */
export async function loadClaimed(
  hotPath: HotPath,
  rows: readonly TakenRow[],
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<Loaded> {
  if (rows.length === 0) return { runs: [], unloadable: [], postponed: [] };
  const ordered = [...rows].sort((left, right) => (left.id < right.id ? -1 : 1));
  const [events, recordBytes] = await Promise.all([
    loadEvents(hotPath, ordered),
    sumRecords(hotPath, ordered.filter(mayHaveRecords)),
  ]);
  const sizeOf = ({ id, event_id }: TakenRow) => (events.get(event_id)?.body_bytes ?? 0) + (recordBytes.get(id) ?? 0);
  const loaded: Loaded = { runs: [], unloadable: [], postponed: [] };
  const chosen: TakenRow[] = [];
  let bytes = 0;
  for (const row of ordered) {
    if (chosen.length > 0 && bytes >= maxBytes) loaded.postponed.push(row);
    else chosen.push(row);
    bytes += sizeOf(row);
  }
  const large = chosen.map(({ event_id }) => event_id).filter((id) => events.get(id)?.body === null);
  const [bodies, records] = await Promise.all([
    loadBodies(hotPath, large),
    loadRecords(
      hotPath,
      chosen.filter(({ id }) => recordBytes.has(id)),
    ),
  ]);
  for (const row of chosen) {
    try {
      const event = eventOf(row, events.get(row.event_id), bodies);
      const recorded = (records.get(row.id) ?? []).map(fromRow);
      loaded.runs.push(toClaimed(row, { event, records: recorded, sizeBytes: sizeOf(row) }));
    } catch (error) {
      loaded.unloadable.push({ row, message: error instanceof Error ? error.message : "unknown error" });
    }
  }
  return loaded;
}

const toClaimed = (row: TakenRow, content: Pick<ClaimedRun, "event" | "records" | "sizeBytes">): ClaimedRun => ({
  id: row.id,
  workspaceId: row.workspace_id,
  automationId: row.automation_id,
  versionId: row.version_id,
  originRunId: row.origin_run_id,
  fence: row.fence,
  crashCount: row.crash_count,
  queuedAt: row.queued_at,
  startedAt: row.started_at,
  orderKey: row.order_key,
  isLimited: row.is_limited,
  ...content,
});

/** A retry begins with the records that it takes over; any other run has none before it is claimed for the first time. */
const mayHaveRecords = ({ fence, is_retry }: TakenRow): boolean => fence > 1 || is_retry;

/** Up to this size a body comes with the rest of its event: a second statement costs more than a few bytes in vain. */
const smallBytes = 64 * 1024;

const selectEvents = laneStatement(
  ({ events }) => `SELECT id, method, query, headers_json, content_type, received_at, octet_length(body) AS body_bytes,
     CASE WHEN octet_length(body) <= ${smallBytes} THEN body END AS body
   FROM ${events} WHERE id = ANY($1::text[]) AND id >= $2 AND id < $3`,
);

type EventRow = {
  id: string;
  method: string;
  query: string;
  headers_json: string;
  content_type: string | null;
  received_at: Date;
  body_bytes: number;
  /** Null where it is large. */
  body: Buffer | null;
};

async function loadEvents(hotPath: HotPath, runs: readonly TakenRow[]): Promise<Map<string, EventRow>> {
  const ids = runs.map(({ event_id }) => event_id);
  const lane = await hotPath.laneOf({ event: ids });
  const { rows } = await lane.pool.query<EventRow>(selectEvents(lane, [ids, ...boundsOf(ids)]));
  return new Map(rows.map((row) => [row.id, row]));
}

const selectBodies = laneStatement(
  ({ events }) => `SELECT id, body FROM ${events} WHERE id = ANY($1::text[]) AND id >= $2 AND id < $3`,
);

async function loadBodies(hotPath: HotPath, eventIds: readonly string[]): Promise<Map<string, Buffer>> {
  if (eventIds.length === 0) return new Map();
  const lane = await hotPath.laneOf({ event: eventIds });
  const { rows } = await lane.pool.query<{ id: string; body: Buffer }>(
    selectBodies(lane, [eventIds, ...boundsOf(eventIds)]),
  );
  return new Map(rows.map(({ id, body }) => [id, body]));
}

function eventOf({ id, event_id }: TakenRow, row: EventRow | undefined, bodies: ReadonlyMap<string, Buffer>): RunEvent {
  const body = row?.body ?? bodies.get(event_id);
  // Retention keeps the events of unfinished runs.
  if (row === undefined || body === undefined) throw new Error(`The event ${event_id} of ${id} is missing.`);
  const { method, query, headers_json, content_type, received_at } = row;
  const headers = JSON.parse(headers_json);
  return { id: event_id, method, query, headers, contentType: content_type, body, receivedAt: received_at };
}

const selectRecordBytes = laneStatement(
  ({ step_records }) => `SELECT run_id,
     sum(coalesce(octet_length(input_json), 0) + coalesce(octet_length(output_json), 0) + coalesce(octet_length(attempts_json), 0))::float8 AS bytes
   FROM ${step_records} WHERE run_id = ANY($1::text[]) AND run_id >= $2 AND run_id < $3 GROUP BY run_id`,
);

/** Of those that have records. */
async function sumRecords(hotPath: HotPath, runs: readonly TakenRow[]): Promise<Map<string, number>> {
  if (runs.length === 0) return new Map();
  const runIds = runs.map(({ id }) => id);
  const lane = await hotPath.laneOf({ run: runIds });
  const { rows } = await lane.pool.query<{ run_id: string; bytes: number }>(
    selectRecordBytes(lane, [runIds, ...boundsOf(runIds)]),
  );
  return new Map(rows.map(({ run_id, bytes }) => [run_id, bytes]));
}

const selectRecords = laneStatement(
  ({
    step_records,
  }) => `SELECT run_id, path, step_id, kind, action, status, input_json, output_json, failure_json, warnings_json, attempts_json,
     idempotency_key, reused_from_run_id, started_at, finished_at
   FROM ${step_records} WHERE run_id = ANY($1::text[]) AND run_id >= $2 AND run_id < $3 ORDER BY run_id, position`,
);

async function loadRecords(hotPath: HotPath, runs: readonly TakenRow[]): Promise<Map<string, StepRecordRow[]>> {
  const byRun = new Map<string, StepRecordRow[]>();
  if (runs.length === 0) return byRun;
  const runIds = runs.map(({ id }) => id);
  const lane = await hotPath.laneOf({ run: runIds });
  const { rows } = await lane.pool.query<StepRecordRow>(selectRecords(lane, [runIds, ...boundsOf(runIds)]));
  for (const row of rows) byRun.set(row.run_id, [...(byRun.get(row.run_id) ?? []), row]);
  return byRun;
}
