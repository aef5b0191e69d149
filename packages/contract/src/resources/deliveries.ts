import { z } from "zod";
import type { Endpoint } from "../endpoint.ts";
import { idOf, pageOf, pageQuery, time } from "../fields.ts";
import { eventView } from "./event-view.ts";

export const deliveryVerdicts = ["accepted", "duplicate", "filtered", "rejected", "handshake"] as const;

const deliveryFields = {
  id: idOf("delivery"),
  automation: z.object({
    id: idOf("automation"),
    name: z.string().nullable().meta({ description: "Null if it was deleted." }),
  }),
  verdict: z.enum(deliveryVerdicts),
  reason: z.string().nullable().meta({
    description:
      "Why there is no run, or what is remarkable: another body under a known key, a sender without an answer.",
  }),
  isConflict: z.boolean().meta({ description: "A duplicate whose body is not the first one's." }),
  runId: idOf("run").nullable().meta({ description: "Of a duplicate: the first run." }),
  dedupeKey: z.string().nullable(),
  method: z.string(),
  contentType: z.string().nullable(),
  sizeBytes: z.int(),
  sourceIp: z.string().nullable(),
  answerStatus: z.int(),
  receivedAt: time,
};

export const deliverySummary = z.object(deliveryFields).meta({ id: "DeliverySummary" });
export type DeliverySummary = z.output<typeof deliverySummary>;

export const deliverySchema = z
  .object({
    ...deliveryFields,
    answerBody: z.string().meta({ description: "Exactly what the sender was told." }),
    event: eventView.nullable(),
  })
  .meta({ id: "Delivery" });
export type Delivery = z.output<typeof deliverySchema>;

export const deliveries = {
  list: {
    method: "get",
    path: "/deliveries",
    summary: "List requests that reached the webhook URLs, newest first",
    scope: "deliveries:read",
    query: z.strictObject({
      ...pageQuery,
      automationId: idOf("automation").optional(),
      verdict: z.enum(deliveryVerdicts).optional(),
      since: time.optional(),
      until: time.optional(),
    }),
    answer: { status: 200, description: "A page of deliveries.", schema: pageOf(deliverySummary) },
  },
  get: {
    method: "get",
    path: "/deliveries/:deliveryId",
    summary: "Get a delivery with its request and answer",
    scope: "deliveries:read",
    params: z.strictObject({ deliveryId: idOf("delivery") }),
    answer: { status: 200, description: "The delivery.", schema: deliverySchema },
    problems: [404],
  },
} satisfies Record<string, Endpoint>;
