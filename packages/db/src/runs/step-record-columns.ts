import { stepKinds, stepStatuses } from "@millrace/automation";
import type { StepRecord } from "@millrace/engine";
import { storedJsonOrNull, storedText, storedTextOrNull } from "../stored-text.ts";

/** The columns of a step record, but for its run's. */
export const stepRecordColumns = {
  path: "text",
  step_id: "text",
  kind: "text",
  action: "text",
  status: "text",
  input_json: "text",
  output_json: "text",
  failure_json: "text",
  warnings_json: "text",
  attempts_json: "text",
  idempotency_key: "text",
  reused_from_run_id: "text",
  started_at: "timestamptz",
  finished_at: "timestamptz",
} as const;

export type StepRecordColumns = Record<keyof typeof stepRecordColumns, string | null>;

export const toColumns = (record: StepRecord): StepRecordColumns => ({
  path: storedText(record.path),
  step_id: storedText(record.stepId),
  kind: record.kind,
  action: storedTextOrNull(record.action),
  status: record.status,
  input_json: storedJsonOrNull(record.input),
  output_json: storedJsonOrNull(record.output),
  failure_json: storedJsonOrNull(record.failure),
  warnings_json: storedJsonOrNull(record.warnings),
  attempts_json: JSON.stringify(record.attempts),
  idempotency_key: storedTextOrNull(record.idempotencyKey),
  reused_from_run_id: record.reusedFromRunId ?? null,
  started_at: record.startedAt.toISOString(),
  finished_at: record.finishedAt?.toISOString() ?? null,
});

export type StepRecordRow = {
  run_id: string;
  path: string;
  step_id: string;
  kind: string;
  action: string | null;
  status: string;
  input_json: string | null;
  output_json: string | null;
  failure_json: string | null;
  warnings_json: string | null;
  attempts_json: string;
  idempotency_key: string | null;
  reused_from_run_id: string | null;
  started_at: Date;
  finished_at: Date | null;
};

/** An absent column is an absent property: an output of null is something else than no output. */
export function fromRow(row: StepRecordRow): StepRecord {
  const optional: Partial<StepRecord> = {};
  if (row.action !== null) optional.action = row.action;
  if (row.input_json !== null) optional.input = JSON.parse(row.input_json);
  if (row.output_json !== null) optional.output = JSON.parse(row.output_json);
  if (row.failure_json !== null) optional.failure = JSON.parse(row.failure_json);
  if (row.warnings_json !== null) optional.warnings = JSON.parse(row.warnings_json);
  if (row.idempotency_key !== null) optional.idempotencyKey = row.idempotency_key;
  if (row.reused_from_run_id !== null) optional.reusedFromRunId = row.reused_from_run_id;
  if (row.finished_at !== null) optional.finishedAt = row.finished_at;
  return {
    path: row.path,
    stepId: row.step_id,
    kind: known(stepKinds, row.kind),
    status: known(stepStatuses, row.status),
    attempts: JSON.parse(row.attempts_json),
    startedAt: row.started_at,
    ...optional,
  };
}

function known<Word extends string>(words: readonly Word[], text: string): Word {
  const word = words.find((candidate) => candidate === text);
  if (word === undefined) throw new Error(`This release does not know "${text}" in a step record.`);
  return word;
}
