import type { RunStatus } from "@millrace/automation";
import { idTime, lowestIdAt } from "@millrace/base";
import type { RunEvent } from "@millrace/engine";
import type { Prisma, PrismaClient } from "../generated/client.ts";
import { findEvent } from "./event-record.ts";
import { type IdRangeRequest, idRange } from "./id-range.ts";
import { readOptionalJson } from "./json-column.ts";
import { orderOf, scopeOf } from "./list-scope.ts";
import { NotFound } from "./not-found.ts";
import { type Page, pageSize, toPage } from "./page.ts";
import { toRunStatus } from "./run-status.ts";

export const deliveryVerdicts = ["accepted", "duplicate", "filtered", "rejected", "handshake"] as const;
export type DeliveryVerdict = (typeof deliveryVerdicts)[number];

export type DeliverySummary = {
  id: string;
  endpointId: string;
  automationId: string;
  /** The run it started; of a duplicate, the run that the first request started. */
  runId: string | null;
  verdict: DeliveryVerdict;
  /** For people: why there is no run. */
  reason: string | null;
  dedupeKey: string | null;
  method: string;
  contentType: string | null;
  sizeBytes: number;
  sourceIp: string | null;
  /** Null where no request was kept: of a duplicate, unless its body is another one. */
  eventId: string | null;
  answerStatus: number;
  receivedAt: Date;
};

export type DeliveryDetail = DeliverySummary & {
  /** The exact answer that was sent; `headers` besides those that follow from status and body. */
  answer: { status: number; body: string; headers: Record<string, string> };
  /** Null where none was kept, or once retention has removed it. */
  event: RunEvent | null;
  /** Runs that were started on this request again, the newest 20 first. */
  replays: { id: string; status: RunStatus; queuedAt: Date }[];
};

/** Without the answer's body: it may be 1 MiB, and lists don't show it. */
const summaryColumns = {
  ...{ id: true, endpointId: true, automationId: true, runId: true, eventId: true, verdict: true, reason: true },
  ...{ dedupeKey: true, method: true, contentType: true, sizeBytes: true, sourceIp: true },
  ...{ answerStatus: true, receivedAt: true },
} as const satisfies Prisma.DeliverySelect;

export type DeliveryListRequest = IdRangeRequest & {
  workspaceId: string;
  automationId?: string | undefined;
  verdict?: DeliveryVerdict | undefined;
  limit?: number | undefined;
};

/** Every request that reached a URL, whatever became of it. */
export function createDeliveryRepository(prisma: PrismaClient) {
  return {
    /** Newest first. */
    async list(request: DeliveryListRequest): Promise<Page<DeliverySummary>> {
      const { workspaceId, automationId, verdict, limit } = request;
      const size = pageSize(limit);
      const rows = await prisma.delivery.findMany({
        where: {
          ...scopeOf({ workspaceId, automationId }, verdict !== undefined),
          id: idRange("delivery", request),
          ...(verdict !== undefined && { verdict }),
        },
        orderBy: orderOf({ automationId }, verdict !== undefined),
        take: size + 1,
        select: summaryColumns,
      });
      return toPage(rows, size, present, (row) => row.id);
    },

    /** Throws NotFound. */
    async get(workspaceId: string, deliveryId: string): Promise<DeliveryDetail> {
      const row = await prisma.delivery.findFirst({
        where: { id: deliveryId, workspaceId },
        select: { ...summaryColumns, answerBody: true, answerHeadersJson: true },
      });
      if (!row) throw new NotFound("delivery", deliveryId);
      const { answerBody, answerHeadersJson, ...summary } = row;
      const [event, replays] = await Promise.all([
        row.eventId === null ? undefined : findEvent(prisma, workspaceId, row.eventId),
        listReplays(prisma, workspaceId, deliveryId),
      ]);
      const headers = readOptionalJson<Record<string, string>>(answerHeadersJson) ?? {};
      const answer = { status: row.answerStatus, body: answerBody, headers };
      return { ...present(summary), answer, event: event ?? null, replays };
    },
  };
}

export type DeliveryRepository = ReturnType<typeof createDeliveryRepository>;

const dayMs = 86_400_000;

/** They are younger, whatever the clocks of two processes say, which leaves out the partitions before. */
async function listReplays(
  prisma: PrismaClient,
  workspaceId: string,
  deliveryId: string,
): Promise<DeliveryDetail["replays"]> {
  const lowest = lowestIdAt("run", new Date(idTime(deliveryId).getTime() - dayMs));
  const rows = await prisma.run.findMany({
    where: { workspaceId, deliveryId, triggerType: "replay", retryOfRunId: null, id: { gte: lowest } },
    orderBy: { id: "desc" },
    take: 20,
    select: { id: true, status: true, queuedAt: true },
  });
  return rows.map((row) => ({ ...row, status: toRunStatus(row.status) }));
}

function present(row: Prisma.DeliveryGetPayload<{ select: typeof summaryColumns }>): DeliverySummary {
  return { ...row, verdict: toVerdict(row.verdict) };
}

function toVerdict(text: string): DeliveryVerdict {
  const verdict = deliveryVerdicts.find((known) => known === text);
  if (!verdict) throw new Error(`This release does not know the verdict "${text}".`);
  return verdict;
}
