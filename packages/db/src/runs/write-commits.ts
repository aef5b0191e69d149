import type { Json } from "@millrace/base";
import type { CommitOutcome, JournalCommit, RunTransition } from "@millrace/engine";
import type pg from "pg";
import { applyStateOperations, type StateRequest } from "../key-values/apply-state-operations.ts";
import { type StepRecordColumns, stepRecordColumns, toColumns } from "./step-record-columns.ts";

type Entry = {
  commit: JournalCommit;
  outcome: CommitOutcome;
  /** Something is to be written: the lease holds, and it is not written yet. */
  isOpen: boolean;
  /** Its effect took place before. */
  isEffectDone: boolean;
  crashCount: number;
};

/** Writes commits of different runs inside the caller's transaction; each one's outcome is its own. */
export async function writeCommits(client: pg.PoolClient, commits: readonly JournalCommit[]): Promise<CommitOutcome[]> {
  const entries = await lockRuns(client, commits);
  await recallEffects(client, entries);
  await applyEffects(client, entries);
  const open = entries.filter(({ isOpen }) => isOpen);
  await writeRecords(client, open);
  await writeTransitions(client, open);
  await forgetCrashes(client, open);
  return entries.map(({ outcome }) => outcome);
}

type LockedRun = { id: string; status: string; fence: number; lease_owner: string | null; crash_count: number };

async function lockRuns(client: pg.PoolClient, commits: readonly JournalCommit[]): Promise<Entry[]> {
  const ids = commits.map(({ runId }) => runId).sort();
  const { rows } = await client.query<LockedRun>(
    `SELECT r.id, r.status, r.fence, r.lease_owner, r.crash_count FROM runs r
     JOIN unnest($1::text[], $2::text[]) AS t(id, workspace_id) ON r.id = t.id AND r.workspace_id = t.workspace_id
     WHERE r.id BETWEEN $3 AND $4 ORDER BY r.id FOR NO KEY UPDATE OF r`,
    [commits.map(({ runId }) => runId), commits.map(({ workspaceId }) => workspaceId), ids[0] ?? "", ids.at(-1) ?? ""],
  );
  const runs = new Map(rows.map((row) => [row.id, row]));
  return commits.map((commit) => {
    const run = runs.get(commit.runId);
    const isHeld = run?.status === "running" && run.fence === commit.fence && run.lease_owner === commit.workerId;
    // Whoever takes a run away raises its fence. So under the same fence the run can only have left by this very commit,
    // whose answer got lost on the way.
    const isRepeated = run !== undefined && run.fence === commit.fence && run.status === commit.transition?.to;
    return {
      commit,
      isOpen: isHeld,
      isEffectDone: false,
      crashCount: run?.crash_count ?? 0,
      outcome: isHeld || isRepeated ? { kind: "committed" } : { kind: "lease_lost" },
    };
  });
}

/** An effect whose step is recorded as succeeded took place in that same transaction: it must not happen again. */
async function recallEffects(client: pg.PoolClient, entries: readonly Entry[]): Promise<void> {
  const asked = entries.filter(({ commit, outcome }) => commit.effect !== undefined && outcome.kind === "committed");
  if (asked.length === 0) return;
  const { rows } = await client.query<{ run_id: string; output_json: string | null }>(
    `SELECT s.run_id, s.output_json FROM step_records s JOIN unnest($1::text[], $2::text[]) AS t(run_id, path)
       ON s.run_id = t.run_id AND s.path = t.path WHERE s.status = 'succeeded'`,
    [asked.map(({ commit }) => commit.runId), asked.map(({ commit }) => commit.effect?.path)],
  );
  const outputs = new Map(rows.map(({ run_id, output_json }) => [run_id, output_json]));
  for (const entry of asked) {
    const output = outputs.get(entry.commit.runId);
    if (output === undefined) continue;
    entry.isEffectDone = true;
    entry.outcome = output === null ? { kind: "committed" } : { kind: "committed", output: JSON.parse(output) as Json };
  }
}

async function applyEffects(client: pg.PoolClient, entries: readonly Entry[]): Promise<void> {
  const asking = entries.filter(
    ({ isOpen, isEffectDone, commit }) => isOpen && !isEffectDone && commit.effect !== undefined,
  );
  const requests = asking.flatMap(({ commit: { effect, workspaceId, runId } }): StateRequest[] =>
    effect ? [{ workspaceId, runId, operation: effect.operation }] : [],
  );
  if (requests.length === 0) return;
  const results = await applyStateOperations(client, requests);
  for (const [index, result] of results.entries()) {
    const entry = asking[index];
    if (entry === undefined) continue;
    if (result.ok) {
      entry.outcome = { kind: "committed", output: result.output };
    } else {
      entry.outcome = { kind: "refused", failure: result.failure };
      entry.isOpen = false;
    }
  }
}

type RecordColumns = StepRecordColumns & { run_id: string; workspace_id: string; ordinal: number };

async function writeRecords(client: pg.PoolClient, entries: readonly Entry[]): Promise<void> {
  const rows = entries.flatMap(recordsOf);
  if (rows.length === 0) return;
  const names = Object.keys(stepRecordColumns) as (keyof typeof stepRecordColumns)[];
  const parameters = names.map((name, index) => `$${index + 4}::${stepRecordColumns[name]}[]`);
  const list = names.join(", ");
  // The run's row is locked, so nobody else numbers its records at the same time.
  await client.query(
    `INSERT INTO step_records (run_id, workspace_id, position, ${list})
     SELECT t.run_id, t.workspace_id, COALESCE((SELECT max(s.position) FROM step_records s WHERE s.run_id = t.run_id), -1) + t.ordinal, ${list}
     FROM unnest($1::text[], $2::text[], $3::int[], ${parameters.join(", ")}) AS t(run_id, workspace_id, ordinal, ${list})
     ON CONFLICT (run_id, path) DO UPDATE SET ${names
       .filter((name) => name !== "path")
       .map((name) => `${name} = excluded.${name}`)
       .join(", ")}`,
    [
      rows.map(({ run_id }) => run_id),
      rows.map(({ workspace_id }) => workspace_id),
      rows.map(({ ordinal }) => ordinal),
      ...names.map((name) => rows.map((row) => row[name])),
    ],
  );
}

function recordsOf({ commit, outcome }: Entry): RecordColumns[] {
  const { runId: run_id, workspaceId: workspace_id, effect } = commit;
  const output = outcome.kind === "committed" ? outcome.output : undefined;
  // The last one of a path counts.
  const byPath = new Map(commit.records.map((record) => [record.path, record]));
  return [...byPath.values()].map((record, index) => ({
    ...toColumns(effect?.path === record.path && output !== undefined ? { ...record, output } : record),
    run_id,
    workspace_id,
    ordinal: index + 1,
  }));
}

async function writeTransitions(client: pg.PoolClient, entries: readonly Entry[]): Promise<void> {
  const moves = entries.flatMap(({ commit: { runId, transition } }) => (transition ? [{ runId, transition }] : []));
  if (moves.length === 0) return;
  const failures = moves.map(({ transition }) => (transition.to === "failed" ? transition.failure : undefined));
  await client.query(
    `UPDATE runs r SET status = t.status, reason_json = t.reason, due_at = t.due, failure_json = t.failure, failure_code = t.code,
       failed_path = t.path, lease_owner = NULL, lease_until = NULL,
       finished_at = CASE WHEN t.status IN ('succeeded', 'failed') THEN now() END
     FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[])
       AS t(id, status, reason, due, failure, code, path)
     WHERE r.id = t.id`,
    [
      moves.map(({ runId }) => runId),
      moves.map(({ transition }) => transition.to),
      moves.map(({ transition }) => reasonOf(transition)),
      moves.map(({ transition }) => (transition.to === "waiting" ? transition.dueAt.toISOString() : null)),
      failures.map((failure) => (failure ? JSON.stringify(failure) : null)),
      failures.map((failure) => failure?.code ?? null),
      moves.map(({ transition }) => (transition.to === "failed" ? transition.path : null)),
    ],
  );
}

const reasonOf = (transition: RunTransition): string | null =>
  transition.to !== "failed" && transition.reason !== undefined ? JSON.stringify(transition.reason) : null;

/** Only crashes without any progress between them add up. */
async function forgetCrashes(client: pg.PoolClient, entries: readonly Entry[]): Promise<void> {
  const ids = entries
    .filter(({ crashCount, commit }) => crashCount > 0 && commit.records.some(({ status }) => status === "succeeded"))
    .map(({ commit }) => commit.runId);
  if (ids.length > 0) await client.query("UPDATE runs SET crash_count = 0 WHERE id = ANY($1::text[])", [ids]);
}
