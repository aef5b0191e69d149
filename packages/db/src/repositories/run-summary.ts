import { type RunStatus, runStatuses } from "@millrace/automation";
import type { FailureRecord } from "@millrace/base";
import type { RunReason } from "@millrace/engine";
import type { Prisma, PrismaClient } from "../generated/client.ts";
import { readOptionalJson } from "./json-column.ts";

export type TriggerType = "webhook" | "manual";

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
  failure: FailureRecord | null;
  failedPath: string | null;
  /** The first of a chain of retries; the run itself where it is no retry. */
  originRunId: string;
  retryOfRunId: string | null;
  queuedAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
};

export const summaryColumns = {
  ...{ id: true, automationId: true, versionId: true, triggerType: true, status: true, reasonJson: true },
  ...{ failureJson: true, failedPath: true, originRunId: true, retryOfRunId: true },
  ...{ queuedAt: true, startedAt: true, finishedAt: true },
} as const satisfies Prisma.RunSelect;

type SummaryRow = Prisma.RunGetPayload<{ select: typeof summaryColumns }>;

/** Names and numbers come in one further query for the whole page. */
export async function presentRuns(
  prisma: PrismaClient,
  workspaceId: string,
  rows: readonly SummaryRow[],
): Promise<RunSummary[]> {
  const versions = await prisma.version.findMany({
    where: { workspaceId, id: { in: [...new Set(rows.map((row) => row.versionId))] } },
    select: { id: true, number: true, automation: { select: { name: true } } },
  });
  const byId = new Map(versions.map((version) => [version.id, version]));
  return rows.map(({ reasonJson, failureJson, status, triggerType, ...row }) => ({
    ...row,
    automationName: byId.get(row.versionId)?.automation.name ?? "",
    versionNumber: byId.get(row.versionId)?.number ?? 0,
    triggerType: triggerType === "manual" ? "manual" : "webhook",
    status: toRunStatus(status),
    reason: readOptionalJson<RunReason>(reasonJson) ?? null,
    failure: readOptionalJson<FailureRecord>(failureJson) ?? null,
  }));
}

export function toRunStatus(text: string): RunStatus {
  const status = runStatuses.find((known) => known === text);
  if (!status) throw new Error(`This release does not know the run status "${text}".`);
  return status;
}
