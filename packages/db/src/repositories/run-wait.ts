import type { RunStatus } from "@millrace/automation";
import { crashLimit } from "@millrace/engine";
import type { PrismaClient } from "../generated/client.ts";
import { toRunStatus } from "./run-status.ts";

/** What keeps a run from going on, as things stand at the moment of reading, by the database's clock. */
export type RunWait =
  /** Queued, and an earlier run of the same automation and order key has not ended. */
  | { kind: "order"; runId: string; status: RunStatus }
  | { kind: "automation_limit"; running: number; limit: number }
  | { kind: "workspace_limit"; running: number; limit: number }
  /** Queued, and one more crash would end it: it is run apart from others. */
  | { kind: "last_chance"; crashes: number }
  /** Running, and its worker's lease ended so long ago. */
  | { kind: "worker_lost"; worker: string; seconds: number }
  /** Waiting, and due so long ago. */
  | { kind: "overdue"; seconds: number };

type Row = {
  id: string;
  status: string;
  leaseOwner: string | null;
  crashes: number;
  /** How long ago the lease, or the wait, was over; below 0: it is not. */
  lateSeconds: number | null;
  earlierId: string | null;
  earlierStatus: string | null;
  concurrency: number | null;
  ofAutomation: number | null;
  maxRunning: number | null;
  ofWorkspace: number | null;
};

/** Workers end due waits every 2 s. */
const overdueSeconds = 5;

/**
 * By run, for those of them that are queued, running or waiting. A run that is not in it lacks nothing but a worker where it
 * is queued. The same rules as the claim's, in `runs/choose-runs.ts`.
 */
export async function readWaits(
  prisma: PrismaClient,
  workspaceId: string,
  runIds: readonly string[],
  defaultMaxRunning: number | null,
): Promise<Map<string, RunWait>> {
  if (runIds.length === 0) return new Map();
  const ids = [...runIds].sort();
  const rows = await prisma.$queryRaw<Row[]>`
    WITH shown AS MATERIALIZED (
      SELECT id, status, automation_id, order_key, lease_owner, crash_count, CASE status WHEN 'running' THEN lease_until ELSE due_at END AS until
      FROM runs WHERE workspace_id = ${workspaceId} AND id = ANY(${ids}::text[]) AND id BETWEEN ${ids.at(0)} AND ${ids.at(-1)}
        AND status IN ('queued', 'running', 'waiting')
    ), queued AS (
      SELECT * FROM shown WHERE status = 'queued'
    ), automation AS MATERIALIZED (
      SELECT a.id, a.concurrency, (SELECT count(*)::int FROM runs r
        WHERE r.status = 'running' AND r.workspace_id = ${workspaceId} AND r.automation_id = a.id) AS running
      FROM automations a
      WHERE a.workspace_id = ${workspaceId} AND a.concurrency IS NOT NULL AND a.id IN (SELECT automation_id FROM queued)
    ), workspace AS MATERIALIZED (
      SELECT coalesce((SELECT max_running_runs FROM workspaces WHERE id = ${workspaceId}), ${defaultMaxRunning}::int) AS max_running,
        (SELECT count(*)::int FROM runs r WHERE r.status = 'running' AND r.workspace_id = ${workspaceId}) AS running
      WHERE EXISTS (SELECT 1 FROM queued)
    ), earliest AS MATERIALIZED (
      -- The one that holds the key, else the first in its queue.
      SELECT k.automation_id, k.order_key, first.id, first.status
      FROM (SELECT DISTINCT automation_id, order_key FROM queued WHERE order_key <> '') k CROSS JOIN LATERAL (
        (SELECT r.id, r.status FROM runs r
         WHERE r.workspace_id = ${workspaceId} AND r.automation_id = k.automation_id AND r.order_key = k.order_key AND r.order_key <> ''
           AND r.status IN ('running', 'waiting', 'needs_review') LIMIT 1)
        UNION ALL
        (SELECT r.id, r.status FROM runs r
         WHERE r.workspace_id = ${workspaceId} AND r.automation_id = k.automation_id AND r.order_key = k.order_key AND r.status = 'queued'
         ORDER BY r.order_position, r.id LIMIT 1)
        LIMIT 1
      ) first
    )
    SELECT s.id, s.status, s.lease_owner AS "leaseOwner", s.crash_count AS crashes, extract(epoch FROM now() - s.until)::float8 AS "lateSeconds",
      e.id AS "earlierId", e.status AS "earlierStatus", a.concurrency, a.running AS "ofAutomation",
      w.max_running AS "maxRunning", w.running AS "ofWorkspace"
    FROM shown s
    LEFT JOIN earliest e ON s.status = 'queued' AND e.automation_id = s.automation_id AND e.order_key = s.order_key AND e.id <> s.id
    LEFT JOIN automation a ON s.status = 'queued' AND a.id = s.automation_id
    LEFT JOIN workspace w ON s.status = 'queued'`;
  return new Map(
    rows.flatMap((row): [string, RunWait][] => {
      const wait = toWait(row);
      return wait ? [[row.id, wait]] : [];
    }),
  );
}

function toWait({ status, leaseOwner, crashes, lateSeconds, ...held }: Row): RunWait | undefined {
  const seconds = lateSeconds ?? 0;
  if (status === "running" && seconds > 0) return { kind: "worker_lost", worker: leaseOwner ?? "", seconds };
  if (status === "waiting" && seconds > overdueSeconds) return { kind: "overdue", seconds };
  const { earlierId, earlierStatus, concurrency, ofAutomation, maxRunning, ofWorkspace } = held;
  if (earlierId !== null && earlierStatus !== null)
    return { kind: "order", runId: earlierId, status: toRunStatus(earlierStatus) };
  if (concurrency !== null && ofAutomation !== null && ofAutomation >= concurrency)
    return { kind: "automation_limit", running: ofAutomation, limit: concurrency };
  if (maxRunning !== null && ofWorkspace !== null && ofWorkspace >= maxRunning)
    return { kind: "workspace_limit", running: ofWorkspace, limit: maxRunning };
  if (status === "queued" && crashes >= crashLimit - 1) return { kind: "last_chance", crashes };
  return undefined;
}
