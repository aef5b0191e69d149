import { isTerminal, type RunStatus } from "@millrace/automation";
import { Failure, type FailureCode, newId } from "@millrace/base";
import { type LeftRun, type RunControl, RunNotFound, type RunReason, RunStateConflict } from "@millrace/engine";
import type pg from "pg";
import { keepPartitions } from "../partitions/drop-lock.ts";
import { inTransaction } from "../transaction.ts";

type RunRow = {
  id: string;
  automation_id: string;
  event_id: string;
  status: RunStatus;
  queued_at: Date;
  order_key: string;
};

export function createRunControl(pool: pg.Pool): RunControl {
  return {
    retry: (workspaceId, runId) =>
      inTransaction(pool, async (client) => {
        await keepPartitions(client);
        const run = await lockRun(client, workspaceId, runId);
        if (run.status === "needs_review") return goOn(client, run);
        if (run.status === "failed" || run.status === "canceled") return startAgain(client, run);
        throw new RunStateConflict(
          `The run is ${run.status}. Only a run that failed, was canceled or needs review can be retried.`,
        );
      }),

    cancel: (workspaceId, runId, message) =>
      inTransaction(pool, async (client) => {
        const run = await lockRun(client, workspaceId, runId);
        if (isTerminal(run.status)) throw new RunStateConflict(`The run has ended already: it is ${run.status}.`);
        const at = await cancel(client, run, message);
        const { automation_id: automationId, queued_at: queuedAt } = run;
        const left: LeftRun = { runId, workspaceId, automationId, queuedAt, status: "canceled", at };
        return { ...left, next: await nextInOrder(client, workspaceId, run) };
      }),
  };
}

async function lockRun(client: pg.PoolClient, workspaceId: string, runId: string): Promise<RunRow> {
  const { rows } = await client.query<RunRow>(
    "SELECT id, automation_id, event_id, status, queued_at, order_key FROM runs WHERE id = $1 AND workspace_id = $2 FOR NO KEY UPDATE",
    [runId, workspaceId],
  );
  if (rows[0] === undefined) throw new RunNotFound(runId);
  return rows[0];
}

async function goOn(
  client: pg.PoolClient,
  { id, automation_id }: RunRow,
): Promise<{ runId: string; automationId: string }> {
  await client.query("UPDATE runs SET status = 'queued', reason_json = NULL, crash_count = 0 WHERE id = $1", [id]);
  return { runId: id, automationId: automation_id };
}

async function startAgain(client: pg.PoolClient, run: RunRow): Promise<{ runId: string; automationId: string }> {
  const event = await client.query("SELECT 1 FROM events WHERE id = $1", [run.event_id]);
  if (event.rowCount === 0)
    throw new RunStateConflict("What started this run is no longer stored, so it can't be retried.");
  const runId = newId("run");
  await client.query(
    `INSERT INTO runs (id, workspace_id, automation_id, version_id, event_id, delivery_id, trigger_type, origin_run_id, retry_of_run_id, queued_at,
       order_key, order_position)
     SELECT $1, workspace_id, automation_id, version_id, event_id, delivery_id, trigger_type, origin_run_id, id, now(),
       order_key, CASE WHEN order_key = '' THEN 0 ELSE nextval('runs_order_position_seq') END
     FROM runs WHERE id = $2`,
    [runId, run.id],
  );
  await client.query(
    `INSERT INTO step_records (run_id, path, workspace_id, position, step_id, kind, action, status, input_json, output_json,
       failure_json, warnings_json, attempts_json, idempotency_key, reused_from_run_id, started_at, finished_at)
     SELECT $1, path, workspace_id, position, step_id, kind, action, status, input_json, output_json,
       failure_json, warnings_json, attempts_json, idempotency_key, COALESCE(reused_from_run_id, run_id), started_at, finished_at
     FROM step_records WHERE run_id = $2 AND status = 'succeeded'`,
    [runId, run.id],
  );
  await takeOverUnknown(client, runId, run.id);
  return { runId, automationId: run.automation_id };
}

/**
 * A call that was under way when its run was ended may have been carried out. The new run finds it as a worker's death leaves
 * it: what is made at most once goes to a person, anything else is made again under the same key.
 */
async function takeOverUnknown(client: pg.PoolClient, runId: string, formerId: string): Promise<void> {
  await client.query(
    `INSERT INTO step_records (run_id, path, workspace_id, position, step_id, kind, action, status, input_json, idempotency_key, started_at)
     SELECT $1, path, workspace_id, position, step_id, kind, action, 'running', input_json, idempotency_key, now()
     FROM step_records WHERE run_id = $2 AND kind = 'action' AND status = 'failed' AND (failure_json::jsonb)->>'code' = ANY($3)`,
    [runId, formerId, endedUnderWay],
  );
}

/** What ends a run from outside says of the step that was under way. */
const endedUnderWay: FailureCode[] = ["outcome_unknown", "quarantined", "own_bug"];

async function nextInOrder(client: pg.PoolClient, workspaceId: string, run: RunRow): Promise<string | undefined> {
  if (run.order_key === "") return undefined;
  const { rows } = await client.query<{ id: string }>(
    `SELECT id FROM runs WHERE status = 'queued' AND workspace_id = $1 AND automation_id = $2 AND order_key = $3
     ORDER BY workspace_id, automation_id, order_key, order_position, id LIMIT 1`,
    [workspaceId, run.automation_id, run.order_key],
  );
  return rows[0]?.id;
}

/** The fence rises, so that the worker which may hold the run writes nothing more. Returns when that was. */
async function cancel(client: pg.PoolClient, { id }: RunRow, message: string): Promise<Date> {
  const reason: RunReason = { kind: "canceled", message };
  const { rows } = await client.query<{ finished_at: Date }>(
    `UPDATE runs SET status = 'canceled', reason_json = $2, due_at = NULL, lease_owner = NULL, lease_until = NULL,
       fence = fence + 1, finished_at = now() WHERE id = $1 RETURNING finished_at`,
    [id, JSON.stringify(reason)],
  );
  const stopped = new Failure("stopped", "The run was canceled before this step was over.").toRecord();
  const unknown = new Failure(
    "outcome_unknown",
    "The run was canceled while this step was under way: it may have been carried out.",
    { advice: "Look at the other side before you retry the run." },
  ).toRecord();
  await client.query(
    `UPDATE step_records SET status = 'failed', finished_at = now(),
       failure_json = CASE WHEN status = 'running' AND kind = 'action' THEN $3 ELSE $2 END
     WHERE run_id = $1 AND status IN ('running', 'waiting', 'needs_review')`,
    [id, JSON.stringify(stopped), JSON.stringify(unknown)],
  );
  const [row] = rows;
  if (row === undefined) throw new RunNotFound(id);
  return row.finished_at;
}
