import { runStatuses } from "@millrace/automation";
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
    answerHeaders: z.array(z.object({ name: z.string(), value: z.string() })).meta({
      description:
        "As they were sent, without Date and those of the connection; those that carry secrets are blanked out.",
    }),
    event: eventView.nullable(),
    isBodyCut: z.boolean().meta({
      description:
        "Only the beginning of the body was kept, because the request was refused as one that anybody may send.",
    }),
    replayProblem: z.string().nullable().meta({ description: "Why it can't be replayed; null where it can." }),
    replays: z
      .array(z.object({ id: idOf("run"), status: z.enum(runStatuses), queuedAt: time }))
      .meta({ description: "Runs that were started on this request again, the newest 20 first." }),
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
  replay: {
    method: "post",
    path: "/deliveries/:deliveryId/replay",
    summary: "Run the published version on a delivery's request again, as it came",
    description:
      "Whatever the verdict was: the trigger's filter, dedupe and verification are not asked, and everything the steps do is done again. A duplicate whose body was the first one's replays the first request.",
    scope: "runs:write",
    params: z.strictObject({ deliveryId: idOf("delivery") }),
    answer: { status: 201, description: "The new run.", schema: z.object({ runId: idOf("run") }) },
    problems: [404, 409],
  },
} satisfies Record<string, Endpoint>;
