import type { RunStatus } from "@millrace/automation";
import type { PrismaClient } from "../generated/client.ts";
import { toRunStatus } from "./run-summary.ts";

/** What holds a queued run back, as things stand at the moment of reading. */
export type RunWait =
  /** An earlier run of the same automation and order key has not ended. */
  | { kind: "order"; runId: string; status: RunStatus }
  | { kind: "automation_limit"; running: number; limit: number }
  | { kind: "workspace_limit"; running: number; limit: number };

type Queued = { id: string; automationId: string; orderKey: string; orderPosition: bigint };

type LimitRow = {
  concurrency: number | null;
  ofAutomation: number;
  maxRunning: number | null;
  ofWorkspace: number;
};

/** Null: nothing but a worker is missing. The same rules as the claim's, in `runs/choose-runs.ts`. */
export async function readWait(
  prisma: PrismaClient,
  workspaceId: string,
  run: Queued,
  defaultMaxRunning: number | null,
): Promise<RunWait | null> {
  const earlier = run.orderKey === "" ? undefined : await findEarlier(prisma, workspaceId, run);
  if (earlier) return { kind: "order", runId: earlier.id, status: toRunStatus(earlier.status) };
  const [limits] = await prisma.$queryRaw<LimitRow[]>`
    SELECT a.concurrency, coalesce(w.max_running_runs, ${defaultMaxRunning}::int) AS "maxRunning",
      (SELECT count(*)::int FROM runs r WHERE r.status = 'running' AND r.workspace_id = ${workspaceId} AND r.automation_id = ${run.automationId}) AS "ofAutomation",
      (SELECT count(*)::int FROM runs r WHERE r.status = 'running' AND r.workspace_id = ${workspaceId}) AS "ofWorkspace"
    FROM (SELECT 1) one
    LEFT JOIN automations a ON a.id = ${run.automationId} AND a.workspace_id = ${workspaceId}
    LEFT JOIN workspaces w ON w.id = ${workspaceId}`;
  if (!limits) return null;
  const { concurrency, ofAutomation, maxRunning, ofWorkspace } = limits;
  if (concurrency !== null && ofAutomation >= concurrency)
    return { kind: "automation_limit", running: ofAutomation, limit: concurrency };
  if (maxRunning !== null && ofWorkspace >= maxRunning)
    return { kind: "workspace_limit", running: ofWorkspace, limit: maxRunning };
  return null;
}

/** The one that holds the key, else the first in the queue before this one. */
async function findEarlier(
  prisma: PrismaClient,
  workspaceId: string,
  { id, automationId, orderKey, orderPosition }: Queued,
): Promise<{ id: string; status: string } | undefined> {
  const rows = await prisma.$queryRaw<{ id: string; status: string }[]>`
    (SELECT id, status FROM runs
     WHERE workspace_id = ${workspaceId} AND automation_id = ${automationId} AND order_key = ${orderKey} AND order_key <> ''
       AND status IN ('running', 'waiting', 'needs_review') AND id <> ${id} LIMIT 1)
    UNION ALL
    (SELECT id, status FROM runs
     WHERE workspace_id = ${workspaceId} AND automation_id = ${automationId} AND order_key = ${orderKey} AND status = 'queued'
       AND (order_position, id) < (${orderPosition}, ${id}) ORDER BY order_position, id LIMIT 1)
    LIMIT 1`;
  return rows[0];
}
