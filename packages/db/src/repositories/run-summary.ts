import type { RunStatus } from "@millrace/automation";
import type { FailureRecord } from "@millrace/base";
import type { RunReason } from "@millrace/engine";
import type { Prisma, PrismaClient } from "../generated/client.ts";
import { readOptionalJson } from "./json-column.ts";
import { toRunStatus } from "./run-status.ts";
import { type RunWait, readWaits } from "./run-wait.ts";

const triggerTypes = ["webhook", "manual", "replay"] as const;
export type TriggerType = (typeof triggerTypes)[number];

export type RunSummary = {
  id: string;
  automationId: string;
  automationName: string;
  versionId: string;
  versionNumber: number;
  triggerType: TriggerType;
  status: RunStatus;
  /** Why a run that is not finished does not go on, or why a finished one ended early. */
  reason: RunReason | null;
  /** What keeps it from going on now; null where nothing does, or only a worker is missing. */
  wait: RunWait | null;
  failure: FailureRecord | null;
  failedPath: string | null;
  /** The first of a chain of retries; the run itself where it is no retry. */
  originRunId: string;
  retryOfRunId: string | null;
  /** The request that it runs on: of a replay, the one that is run again. */
  deliveryId: string | null;
  queuedAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
};

export const summaryColumns = {
  ...{ id: true, automationId: true, versionId: true, triggerType: true, status: true, reasonJson: true },
  ...{ failureJson: true, failedPath: true, originRunId: true, retryOfRunId: true, deliveryId: true },
  ...{ queuedAt: true, startedAt: true, finishedAt: true },
} as const satisfies Prisma.RunSelect;

type SummaryRow = Prisma.RunGetPayload<{ select: typeof summaryColumns }>;

/** Names and numbers come in one further query for the whole page, and so does what runs that have not ended wait for. */
export async function presentRuns(
  prisma: PrismaClient,
  workspaceId: string,
  rows: readonly SummaryRow[],
  defaultMaxRunning: number | null,
): Promise<RunSummary[]> {
  const unfinished = rows.filter(({ finishedAt }) => finishedAt === null).map(({ id }) => id);
  const [versions, waits] = await Promise.all([
    prisma.version.findMany({
      where: { workspaceId, id: { in: [...new Set(rows.map((row) => row.versionId))] } },
      select: { id: true, number: true, automation: { select: { name: true } } },
    }),
    readWaits(prisma, workspaceId, unfinished, defaultMaxRunning),
  ]);
  const byId = new Map(versions.map((version) => [version.id, version]));
  return rows.map(({ reasonJson, failureJson, status, triggerType, ...row }) => ({
    ...row,
    automationName: byId.get(row.versionId)?.automation.name ?? "",
    versionNumber: byId.get(row.versionId)?.number ?? 0,
    triggerType: triggerTypes.find((known) => known === triggerType) ?? "webhook",
    status: toRunStatus(status),
    reason: readOptionalJson<RunReason>(reasonJson) ?? null,
    wait: waits.get(row.id) ?? null,
    failure: readOptionalJson<FailureRecord>(failureJson) ?? null,
  }));
}
