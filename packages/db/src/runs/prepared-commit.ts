import type { JournalCommit } from "@millrace/engine";
import { storedText } from "../stored-text.ts";
import { type StepRecordColumns, toColumns } from "./step-record-columns.ts";

/** A commit and its records as they are stored: made once, so that it is known how much a batch would send. */
export type PreparedCommit = { commit: JournalCommit; records: readonly StepRecordColumns[]; weight: number };

/** Throws what JSON.stringify and dates throw where a record can't be written. */
export function prepareCommit(commit: JournalCommit): PreparedCommit {
  // The last one of a path counts.
  const records = [...new Map(commit.records.map((record) => [record.path, toColumns(record)])).values()];
  const effectPath = commit.effect && storedText(commit.effect.path);
  let weight = 0;
  for (const record of records) weight += weightOf(record) * (record.path === effectPath ? effectWeights : 1);
  return { commit, records, weight };
}

/** What an effect sets goes out as its input, as its output, and as the stored value. */
const effectWeights = 3;

/** In characters, of what may be large. */
const weightOf = ({ input_json, output_json, failure_json, warnings_json, attempts_json }: StepRecordColumns): number =>
  lengthOf(input_json) +
  lengthOf(output_json) +
  lengthOf(failure_json) +
  lengthOf(warnings_json) +
  lengthOf(attempts_json);

const lengthOf = (text: string | null): number => text?.length ?? 0;
