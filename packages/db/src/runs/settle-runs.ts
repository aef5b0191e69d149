import type { CommitOutcome, RunTransition } from "@millrace/engine";
import type pg from "pg";
import { storedText } from "../stored-text.ts";
import { type Lane, laneStatement } from "./hot-path.ts";
import { boundsOf } from "./id-bounds.ts";
import { onEachRow } from "./on-each-row.ts";
import type { PreparedCommit } from "./prepared-commit.ts";
import { type StepRecordColumns, stepRecordColumns } from "./step-record-columns.ts";

/** A commit, and what its effect gave: the output of the record that asked for it. */
export type Settling = Pick<PreparedCommit, "commit" | "records"> & { outcome: CommitOutcome };

const recordNames = Object.keys(stepRecordColumns) as (keyof typeof stepRecordColumns)[];
const recordList = recordNames.join(", ");
const replaced = recordNames.filter((name) => name !== "path").map((name) => `${name} = excluded.${name}`);
const recordParameters = recordNames.map((name, index) => `$${index + 17}::${stepRecordColumns[name]}[]`);

const untilText = `to_char((now() + t.delay_ms * interval '1 millisecond') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
/** Put together as text: jsonb refuses the null character and half a surrogate pair, which a service's message may hold. */
const reasonUntil = `left(t.reason, -1) || ',"until":"' || ${untilText} || '"}'`;

/**
 * Everything that one worker's commits write about their runs, in one statement: it stores nothing of a run that is not
 * under the lease that its commit names. Runs are locked in the order of their ids (not in a
 * LATERAL subquery, which would pass over a row that somebody else changes at that moment); a run's row is locked before its
 * records are numbered. Only crashes, and errors, without any progress between them add up.
 */
const settle = laneStatement(
  ({ runs, step_records }, within) => `WITH t AS MATERIALIZED (
    SELECT * FROM unnest($3::text[], $4::text[], $5::int[], $6::text[], $7::boolean[], $8::text[], $9::text[], $10::float8[], $11::text[], $12::text[], $13::text[])
      AS t(run_id, workspace_id, fence, worker_id, is_progress, status, reason, delay_ms, failure, code, path)
  ), held AS MATERIALIZED (
    SELECT r.id AS run_id FROM ${runs} r
    WHERE r.id = ANY($3::text[]) AND ${within("r.id")}
      AND ${onEachRow("r.status = 'running' AND (r.id, r.workspace_id, r.fence, r.lease_owner) IN (SELECT run_id, workspace_id, fence, worker_id FROM t)")}
    ORDER BY r.id FOR NO KEY UPDATE OF r
  ), recorded AS (
    INSERT INTO ${step_records} (run_id, workspace_id, position, ${recordList})
    SELECT s.run_id, s.workspace_id, s.ordinal + COALESCE(
      (SELECT max(e.position) FROM ${step_records} e WHERE e.run_id = s.run_id AND ${within("e.run_id")}), -1), ${recordList}
    FROM unnest($14::text[], $15::text[], $16::int[], ${recordParameters.join(", ")}) AS s(run_id, workspace_id, ordinal, ${recordList})
    WHERE ${onEachRow("s.run_id IN (SELECT run_id FROM held)")}
    ON CONFLICT (run_id, path) DO UPDATE SET ${replaced.join(", ")}
  ), moved AS (
    UPDATE ${runs} r SET status = COALESCE(t.status, r.status),
      lease_owner = CASE WHEN t.status IS NULL THEN r.lease_owner END, lease_until = CASE WHEN t.status IS NULL THEN r.lease_until END,
      crash_count = CASE WHEN t.is_progress THEN 0 ELSE r.crash_count END, error_count = CASE WHEN t.is_progress THEN 0 ELSE r.error_count END,
      reason_json = CASE WHEN t.delay_ms IS NULL THEN t.reason ELSE ${reasonUntil} END,
      due_at = now() + t.delay_ms * interval '1 millisecond', failure_json = t.failure, failure_code = t.code, failed_path = t.path,
      finished_at = CASE WHEN t.status IN ('succeeded', 'failed') THEN now() END
    FROM t WHERE ${onEachRow("t.run_id IN (SELECT run_id FROM held)")} AND r.id = t.run_id AND ${within("r.id")}
      AND (t.status IS NOT NULL OR (t.is_progress AND r.crash_count + r.error_count > 0))
  )
  SELECT run_id AS id FROM held`,
);

/** Writes records and transitions, and answers with the runs that were under their leases. Commits hold different runs. */
export function settlementOf(lane: Lane, settling: readonly Settling[]): pg.QueryConfig {
  const commits = settling.map(({ commit }) => commit);
  const transitions = commits.map(({ transition }) => transition);
  const failures = transitions.map((transition) => (transition?.to === "failed" ? transition.failure : undefined));
  const records = settling.flatMap(recordsOf);
  const ids = commits.map(({ runId }) => runId);
  return settle(lane, [
    ...boundsOf(ids),
    ids,
    commits.map(({ workspaceId }) => workspaceId),
    commits.map(({ fence }) => fence),
    commits.map(({ workerId }) => workerId),
    commits.map((commit) => commit.records.some(({ status }) => status === "succeeded")),
    transitions.map((transition) => transition?.to ?? null),
    transitions.map(reasonOf),
    transitions.map((transition) => (transition?.to === "waiting" ? transition.delayMs : null)),
    failures.map((failure) => (failure ? JSON.stringify(failure) : null)),
    failures.map((failure) => failure?.code ?? null),
    transitions.map((transition) => (transition?.to === "failed" ? transition.path : null)),
    records.map(({ run_id }) => run_id),
    records.map(({ workspace_id }) => workspace_id),
    records.map(({ ordinal }) => ordinal),
    ...recordNames.map((name) => records.map((record) => record[name])),
  ]);
}

const reasonOf = (transition: RunTransition | undefined): string | null =>
  transition !== undefined && transition.to !== "failed" && transition.reason !== undefined
    ? JSON.stringify(transition.reason)
    : null;

type RecordColumns = StepRecordColumns & { run_id: string; workspace_id: string; ordinal: number };

function recordsOf({ commit, records, outcome }: Settling): RecordColumns[] {
  const { runId: run_id, workspaceId: workspace_id, effect } = commit;
  const output = outcome.kind === "committed" ? outcome.output : undefined;
  const effectPath = output === undefined ? undefined : effect && storedText(effect.path);
  return records.map((record, index) => ({
    ...record,
    ...(record.path === effectPath ? { output_json: JSON.stringify(output) } : undefined),
    run_id,
    workspace_id,
    ordinal: index + 1,
  }));
}
