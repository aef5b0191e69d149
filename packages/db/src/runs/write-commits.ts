import type { Json } from "@millrace/base";
import type { CommitOutcome, JournalCommit } from "@millrace/engine";
import type pg from "pg";
import {
  applyStateOperations,
  openState,
  type State,
  type StateRequest,
} from "../key-values/apply-state-operations.ts";
import { pipelinedTransaction } from "../pipelined-transaction.ts";
import { type HotPath, type Lane, laneStatement } from "./hot-path.ts";
import { boundsOf } from "./id-bounds.ts";
import type { PreparedCommit } from "./prepared-commit.ts";
import { type Settling, settlementOf } from "./settle-runs.ts";

type Entry = Settling & {
  /** Something is to be written: the lease holds, and it is not written yet. */
  isOpen: boolean;
  /** Its effect took place before. */
  isEffectDone: boolean;
};

/** Writes commits of different runs together; each one's outcome is its own. */
export async function writeCommits(hotPath: HotPath, prepared: readonly PreparedCommit[]): Promise<CommitOutcome[]> {
  const commits = prepared.map(({ commit }) => commit);
  const lane = await hotPath.laneOf({ run: commits.map(({ runId }) => runId) });
  if (commits.some(({ effect }) => effect !== undefined)) return writeWithEffects(lane, prepared);
  const settling = prepared.map(
    ({ commit, records }): Settling => ({ commit, records, outcome: { kind: "committed" } }),
  );
  const { rows } = await lane.pool.query<{ id: string }>(settlementOf(lane, settling));
  const held = new Set(rows.map(({ id }) => id));
  if (held.size === commits.length) return settling.map(({ outcome }) => outcome);
  const left = await readRuns(
    lane.pool,
    lane,
    commits.filter(({ runId }) => !held.has(runId)),
  );
  return commits.map((commit) =>
    held.has(commit.runId) ? { kind: "committed" } : outcomeOf(left.get(commit.runId), commit),
  );
}

/** In two round trips, however many they are: what is read and locked, and what is written. */
async function writeWithEffects(lane: Lane, prepared: readonly PreparedCommit[]): Promise<CommitOutcome[]> {
  const commits = prepared.map(({ commit }) => commit);
  const entries = await pipelinedTransaction(lane.pool, {
    async read(client) {
      const reading = readRuns(client, lane, commits);
      const requests = commits.flatMap(requestOf);
      // A list is read after what the requests before it wrote, one round trip after the other.
      const isPlain = requests.every(({ operation }) => operation.op !== "list");
      const opening = isPlain ? openState(client, requests) : undefined;
      const [runs, state] = await Promise.all([reading, opening]);
      const entries = prepared.map((one) => judge(runs.get(one.commit.runId), one));
      await recallEffects(client, lane, entries);
      if (state === undefined) await applyEffects(client, entries);
      return { entries, state };
    },
    write({ entries, state }) {
      const storing = state === undefined ? [] : storeEffects(state, entries);
      const open = entries.filter(({ isOpen }) => isOpen);
      return [...storing, ...(open.length > 0 ? [settlementOf(lane, open)] : [])];
    },
  }).then(({ entries }) => entries);
  return entries.map(({ outcome }) => outcome);
}

type RunRow = {
  id: string;
  status: string;
  fence: number;
  lease_owner: string | null;
  is_effect_done: boolean;
};

const lockRuns = laneStatement(
  ({ runs, step_records }, within) => `SELECT r.id, r.status, r.fence, r.lease_owner, t.path IS NOT NULL AND EXISTS (
      SELECT 1 FROM ${step_records} s WHERE s.run_id = r.id AND ${within("s.run_id")} AND s.path = t.path AND s.status = 'succeeded'
    ) AS is_effect_done
  FROM unnest($3::text[], $4::text[], $5::text[]) AS t(id, workspace_id, path)
  JOIN ${runs} r ON r.id = t.id AND r.workspace_id = t.workspace_id
  WHERE ${within("r.id")} ORDER BY r.id FOR NO KEY UPDATE OF r`,
);

async function readRuns(
  client: pg.Pool | pg.PoolClient,
  lane: Lane,
  commits: readonly JournalCommit[],
): Promise<Map<string, RunRow>> {
  const ids = commits.map(({ runId }) => runId);
  const workspaceIds = commits.map(({ workspaceId }) => workspaceId);
  const paths = commits.map(({ effect }) => effect?.path ?? null);
  const { rows } = await client.query<RunRow>(lockRuns(lane, [...boundsOf(ids), ids, workspaceIds, paths]));
  return new Map(rows.map((row) => [row.id, row]));
}

function judge(run: RunRow | undefined, { commit, records }: PreparedCommit): Entry {
  const isOpen = run?.status === "running" && run.fence === commit.fence && run.lease_owner === commit.workerId;
  const outcome = isOpen ? ({ kind: "committed" } as const) : outcomeOf(run, commit);
  return { commit, records, isOpen, isEffectDone: run?.is_effect_done === true, outcome };
}

/**
 * Of a commit that wrote nothing. Whoever takes a run away raises its fence. So under the same fence the run can only have
 * left by this very commit, whose answer got lost on the way.
 */
function outcomeOf(run: RunRow | undefined, { fence, transition }: JournalCommit): CommitOutcome {
  const isRepeated = run !== undefined && run.fence === fence && run.status === transition?.to;
  return { kind: isRepeated ? "committed" : "lease_lost" };
}

/** An effect whose step is recorded as succeeded took place in that same transaction: it must not happen again. */
async function recallEffects(client: pg.PoolClient, { tables }: Lane, entries: readonly Entry[]): Promise<void> {
  const done = entries.filter(({ isEffectDone, outcome }) => isEffectDone && outcome.kind === "committed");
  if (done.length === 0) return;
  const { rows } = await client.query<{ run_id: string; output_json: string | null }>(
    `SELECT s.run_id, s.output_json FROM ${tables.step_records} s JOIN unnest($1::text[], $2::text[]) AS t(run_id, path)
       ON s.run_id = t.run_id AND s.path = t.path WHERE s.status = 'succeeded'`,
    [done.map(({ commit }) => commit.runId), done.map(({ commit }) => commit.effect?.path)],
  );
  const outputs = new Map(rows.map(({ run_id, output_json }) => [run_id, output_json]));
  for (const entry of done) {
    const output = outputs.get(entry.commit.runId) ?? null;
    entry.outcome = output === null ? { kind: "committed" } : { kind: "committed", output: JSON.parse(output) as Json };
  }
}

const requestOf = ({ effect, workspaceId, runId }: JournalCommit): StateRequest[] =>
  effect ? [{ workspaceId, runId, operation: effect.operation }] : [];

const isAsking = ({ isOpen, isEffectDone, commit }: Entry): boolean =>
  isOpen && !isEffectDone && commit.effect !== undefined;

async function applyEffects(client: pg.PoolClient, entries: readonly Entry[]): Promise<void> {
  const asking = entries.filter(isAsking);
  const results = await applyStateOperations(
    client,
    asking.flatMap(({ commit }) => requestOf(commit)),
  );
  for (const [index, entry] of asking.entries()) take(entry, results[index]);
}

function storeEffects(state: State, entries: readonly Entry[]): pg.QueryConfig[] {
  for (const entry of entries.filter(isAsking)) {
    const [request] = requestOf(entry.commit);
    if (request) take(entry, state.apply(request));
  }
  return state.store();
}

function take(entry: Entry, result: ReturnType<State["apply"]> | undefined): void {
  if (result === undefined) throw new Error("A state operation gave no outcome.");
  if (result.ok) {
    entry.outcome = { kind: "committed", output: result.output };
  } else {
    entry.outcome = { kind: "refused", failure: result.failure };
    entry.isOpen = false;
  }
}
