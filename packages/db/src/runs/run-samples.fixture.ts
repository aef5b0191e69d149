import { newId } from "@millrace/base";
import type { AcceptRequest, ClaimedRun, Intake, JournalCommit, RunStore, StepRecord } from "@millrace/engine";
import type pg from "pg";

/** A request as tests send it, of a workspace and an endpoint of its own unless given. */
export function sampleRequest(parts: Partial<Omit<AcceptRequest, "event">> & { body?: string } = {}): AcceptRequest {
  const { body = '{"name":"Ada"}', ...given } = parts;
  return {
    workspaceId: newId("workspace"),
    automationId: newId("automation"),
    versionId: newId("version"),
    endpointId: newId("endpoint"),
    sourceIp: "127.0.0.1",
    dedupeKey: null,
    event: {
      method: "POST",
      query: "",
      headers: [["content-type", "application/json"]],
      contentType: "application/json",
      body: Buffer.from(body),
      receivedAt: new Date(),
    },
    ...given,
  };
}

export const sampleWorker = "worker_1";

/** A fresh run under the lease of `workerId`. */
export async function claimSample(
  intake: Intake,
  store: RunStore,
  {
    workerId = sampleWorker,
    leaseMs = 60_000,
    ...request
  }: Partial<Omit<AcceptRequest, "event">> & { workerId?: string; leaseMs?: number } = {},
): Promise<ClaimedRun> {
  const { runId } = await intake.accept(sampleRequest(request));
  const [run] = await store.claim({ workerId, leaseMs, limit: 1, runIds: [runId] });
  if (run === undefined) throw new Error("The sample run could not be claimed.");
  return run;
}

export const sampleRecord = (path: string, parts: Partial<StepRecord> = {}): StepRecord => ({
  path,
  stepId: path,
  kind: "action",
  action: "keyvalue.set",
  status: "succeeded",
  attempts: [],
  startedAt: new Date("2026-11-21T10:00:00.000Z"),
  finishedAt: new Date("2026-11-21T10:00:01.000Z"),
  ...parts,
});

/** A commit as the worker that holds `run` makes it. */
export const commitOf = (run: ClaimedRun, parts: Partial<JournalCommit> = {}): JournalCommit => ({
  runId: run.id,
  workspaceId: run.workspaceId,
  workerId: sampleWorker,
  fence: run.fence,
  records: [],
  ...parts,
});

/** An automation's row with the limit that it was published with. */
export async function saveAutomation(
  pool: pg.Pool,
  { workspaceId, automationId, concurrency }: { workspaceId: string; automationId: string; concurrency: number | null },
): Promise<void> {
  await pool.query(
    `INSERT INTO automations (id, workspace_id, name, draft_json, updated_at, concurrency) VALUES ($1, $2, 'Sample', '{}', now(), $3)
     ON CONFLICT (id) DO UPDATE SET concurrency = excluded.concurrency`,
    [automationId, workspaceId, concurrency],
  );
}

export async function saveWorkspace(pool: pg.Pool, workspaceId: string, maxRunningRuns: number | null): Promise<void> {
  await pool.query(
    `INSERT INTO workspaces (id, name, max_running_runs) VALUES ($1, 'Sample', $2)
     ON CONFLICT (id) DO UPDATE SET max_running_runs = excluded.max_running_runs`,
    [workspaceId, maxRunningRuns],
  );
}

/** Does `work` while another session, which stands still in a transaction, holds what `statement` locks. */
export async function whileLocked<Result>(
  pool: pg.Pool,
  statement: string,
  values: unknown[],
  work: () => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    await client.query(statement, values);
    return await work();
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
}
