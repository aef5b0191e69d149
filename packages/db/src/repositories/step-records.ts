import type { StepRecord } from "@millrace/engine";
import type { PrismaClient } from "../generated/client.ts";
import { fromRow, type StepRecordRow } from "../runs/step-record-columns.ts";

/** In the order in which the steps began. */
export async function listStepRecords(prisma: PrismaClient, workspaceId: string, runId: string): Promise<StepRecord[]> {
  const rows = await prisma.$queryRaw<StepRecordRow[]>`
    SELECT run_id, path, step_id, kind, action, status, input_json, output_json, failure_json, warnings_json,
           attempts_json, idempotency_key, reused_from_run_id, started_at, finished_at
    FROM step_records WHERE run_id = ${runId} AND workspace_id = ${workspaceId} ORDER BY position`;
  return rows.map(fromRow);
}
