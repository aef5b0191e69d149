import type { ClaimedRun, RunEvent, StepRecord } from "@millrace/engine";
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

/** `unloadable`: those that this release can't read, or of which something is missing, with what is wrong. */
export type Loaded = { runs: ClaimedRun[]; unloadable: { row: TakenRow; message: string }[] };

/** With their events and what is recorded of them already, in the order of their ids. */
export async function loadClaimed(hotPath: HotPath, rows: readonly TakenRow[]): Promise<Loaded> {
  const loaded: Loaded = { runs: [], unloadable: [] };
  if (rows.length === 0) return loaded;
  const [events, records] = await Promise.all([
    loadEvents(hotPath, rows),
    loadRecords(hotPath, rows.filter(mayHaveRecords)),
  ]);
  for (const row of [...rows].sort((left, right) => (left.id < right.id ? -1 : 1))) {
    try {
      loaded.runs.push(toClaimed(row, getEvent(events, row), (records.get(row.id) ?? []).map(fromRow)));
    } catch (error) {
      loaded.unloadable.push({ row, message: error instanceof Error ? error.message : "unknown error" });
    }
  }
  return loaded;
}

const toClaimed = (row: TakenRow, event: RunEvent, records: readonly StepRecord[]): ClaimedRun => ({
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
  event,
  records,
});

/** A retry begins with the records that it takes over; any other run has none before it is claimed for the first time. */
const mayHaveRecords = ({ fence, is_retry }: TakenRow): boolean => fence > 1 || is_retry;

const selectEvents = laneStatement(
  ({ events }) => `SELECT id, method, query, headers_json, content_type, body, received_at FROM ${events}
   WHERE id = ANY($1::text[]) AND id >= $2 AND id < $3`,
);

type EventRow = {
  id: string;
  method: string;
  query: string;
  headers_json: string;
  content_type: string | null;
  body: Buffer;
  received_at: Date;
};

async function loadEvents(hotPath: HotPath, runs: readonly TakenRow[]): Promise<Map<string, EventRow>> {
  const ids = runs.map(({ event_id }) => event_id);
  const lane = await hotPath.laneOf({ event: ids });
  const { rows } = await lane.pool.query<EventRow>(selectEvents(lane, [ids, ...boundsOf(ids)]));
  return new Map(rows.map((row) => [row.id, row]));
}

function getEvent(events: ReadonlyMap<string, EventRow>, { id, event_id }: TakenRow): RunEvent {
  const row = events.get(event_id);
  // Retention keeps the events of unfinished runs.
  if (row === undefined) throw new Error(`The event ${event_id} of ${id} is missing.`);
  const { headers_json, content_type, received_at, ...event } = row;
  return { ...event, headers: JSON.parse(headers_json), contentType: content_type, receivedAt: received_at };
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
