import { runStatuses, stepStatuses } from "@millrace/automation";
import { z } from "zod";
import type { Endpoint } from "../endpoint.ts";
import { idOf, time } from "../fields.ts";

/** What the live view is told: ids and statuses. A lost event costs a refresh, never a fact. */
export const liveEvent = z
  .object({
    type: z.enum(["run.queued", "run.changed", "step.changed"]),
    automationId: idOf("automation"),
    runId: idOf("run"),
    status: z.enum([...runStatuses, ...stepStatuses]),
    path: z.string().optional(),
    at: time,
  })
  .meta({ id: "LiveEvent" });
export type LiveEventView = z.output<typeof liveEvent>;

export const eventStreamType = "text/event-stream";

/** Server-sent events. They are read with the client's `watch`. */
export const events = {
  workspace: {
    method: "get",
    path: "/events",
    summary: "Watch the workspace's runs",
    scope: "runs:read",
    answer: { status: 200, description: "Events as they happen.", schema: liveEvent, contentType: eventStreamType },
  },
  run: {
    method: "get",
    path: "/runs/:runId/events",
    summary: "Watch one run",
    scope: "runs:read",
    params: z.strictObject({ runId: idOf("run") }),
    answer: { status: 200, description: "Events as they happen.", schema: liveEvent, contentType: eventStreamType },
    problems: [404],
  },
} satisfies Record<string, Endpoint>;
