import type { RunEvent } from "@millrace/engine";
import type { Prisma, PrismaClient } from "../generated/client.ts";
import { findEvent } from "./event-record.ts";
import { type IdRangeRequest, idRange } from "./id-range.ts";
import { NotFound } from "./not-found.ts";
import { type Page, pageSize, toPage } from "./page.ts";

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
  /** The exact answer that was sent. */
  answer: { status: number; body: string };
  receivedAt: Date;
};

/** `event` is null where none was kept, or once retention has removed it. */
export type DeliveryDetail = DeliverySummary & { event: RunEvent | null };

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
          workspaceId,
          id: idRange("delivery", request),
          ...(automationId !== undefined && { automationId }),
          ...(verdict !== undefined && { verdict }),
        },
        orderBy: { id: "desc" },
        take: size + 1,
      });
      return toPage(rows, size, present, (row) => row.id);
    },

    /** Throws NotFound. */
    async get(workspaceId: string, deliveryId: string): Promise<DeliveryDetail> {
      const row = await prisma.delivery.findFirst({ where: { id: deliveryId, workspaceId } });
      if (!row) throw new NotFound("delivery", deliveryId);
      const event = row.eventId === null ? undefined : await findEvent(prisma, workspaceId, row.eventId);
      return { ...present(row), event: event ?? null };
    },
  };
}

export type DeliveryRepository = ReturnType<typeof createDeliveryRepository>;

function present(row: Prisma.DeliveryGetPayload<object>): DeliverySummary {
  const { workspaceId, eventId, verdict, answerStatus, answerBody, ...shown } = row;
  return { ...shown, verdict: toVerdict(verdict), answer: { status: answerStatus, body: answerBody } };
}

function toVerdict(text: string): DeliveryVerdict {
  const verdict = deliveryVerdicts.find((known) => known === text);
  if (!verdict) throw new Error(`This release does not know the verdict "${text}".`);
  return verdict;
}
