import type { RunStatus } from "@millrace/automation";
import type { RunEvent, StepRecord } from "@millrace/engine";
import type { PrismaClient } from "../generated/client.ts";
import { findEvent } from "./event-record.ts";
import { type IdRangeRequest, idRange } from "./id-range.ts";
import { orderOf, scopeOf } from "./list-scope.ts";
import { NotFound } from "./not-found.ts";
import { type Page, pageSize, toPage } from "./page.ts";
import { toRunStatus } from "./run-status.ts";
import { presentRuns, type RunSummary, summaryColumns } from "./run-summary.ts";
import { listStepRecords } from "./step-records.ts";

export type RunListRequest = IdRangeRequest & {
  workspaceId: string;
  automationId?: string | undefined;
  /** Any of these; absent or empty: all. */
  status?: readonly RunStatus[] | undefined;
  limit?: number | undefined;
};

export type RunDetail = RunSummary & {
  /** When a waiting run goes on. */
  dueAt: Date | null;
  /** How often a worker died while it held the run. */
  crashCount: number;
  /** The worker that has it, while it runs. */
  leaseOwner: string | null;
  /** Null once retention has removed it. */
  event: RunEvent | null;
  steps: StepRecord[];
  retriedBy: { id: string; status: RunStatus; queuedAt: Date }[];
};

export type RunRepositoryOptions = {
  /** As given to `createRunStore`, so that reasons tell the limit that the claim goes by. */
  defaultMaxRunning?: number | null;
};

/** The history of runs, for reading. What changes runs is the engine's RunStore, Journal and RunControl. */
export function createRunRepository(prisma: PrismaClient, { defaultMaxRunning = null }: RunRepositoryOptions = {}) {
  return {
    /** Newest first. A page is a walk down an index from the cursor, never a count or an offset. */
    async list(request: RunListRequest): Promise<Page<RunSummary>> {
      const { workspaceId, automationId, status, limit } = request;
      const size = pageSize(limit);
      const read = (only: RunStatus | undefined) =>
        prisma.run.findMany({
          where: {
            ...scopeOf({ workspaceId, automationId }, only !== undefined),
            id: idRange("run", request),
            ...(only !== undefined && { status: only }),
          },
          orderBy: orderOf({ automationId }, only !== undefined),
          take: size + 1,
          select: summaryColumns,
        });
      // One query a status: each can walk a partial index in order, where one query for several could not.
      const wanted = new Set<RunStatus | undefined>(status?.length ? status : [undefined]);
      const found = (await Promise.all([...wanted].map(read))).flat();
      // A run that changed its status between two of them came twice.
      const rows = [...new Map(found.map((row) => [row.id, row])).values()];
      rows.sort((a, b) => (a.id < b.id ? 1 : -1));
      const page = toPage(
        rows,
        size,
        (row) => row,
        (row) => row.id,
      );
      return { ...page, items: await presentRuns(prisma, workspaceId, page.items, defaultMaxRunning) };
    },

    /** One run with everything that was recorded of it. Throws NotFound. */
    async get(workspaceId: string, runId: string): Promise<RunDetail> {
      const row = await prisma.run.findFirst({
        where: { id: runId, workspaceId },
        select: {
          ...{ ...summaryColumns, eventId: true, dueAt: true, crashCount: true },
          leaseOwner: true,
        },
      });
      if (!row) throw new NotFound("run", runId);
      const { eventId, dueAt, crashCount, leaseOwner, ...summaryRow } = row;
      const [[summary], event, steps, retriedBy] = await Promise.all([
        presentRuns(prisma, workspaceId, [summaryRow], defaultMaxRunning),
        findEvent(prisma, workspaceId, eventId),
        listStepRecords(prisma, workspaceId, runId),
        listRetries(prisma, workspaceId, runId),
      ]);
      if (!summary) throw new NotFound("run", runId);
      return { ...summary, dueAt, crashCount, leaseOwner, event: event ?? null, steps, retriedBy };
    },
  };
}

export type RunRepository = ReturnType<typeof createRunRepository>;

/** A retry is younger than what it retries, which leaves out the partitions before. */
async function listRetries(prisma: PrismaClient, workspaceId: string, runId: string): Promise<RunDetail["retriedBy"]> {
  const rows = await prisma.run.findMany({
    where: { workspaceId, retryOfRunId: runId, id: { gt: runId } },
    orderBy: { id: "asc" },
    select: { id: true, status: true, queuedAt: true },
  });
  return rows.map((row) => ({ ...row, status: toRunStatus(row.status) }));
}
