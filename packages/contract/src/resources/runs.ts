import { runStatuses, stepKinds, stepStatuses } from "@millrace/automation";
import { z } from "zod";
import type { Endpoint } from "../endpoint.ts";
import { idOf, jsonValue, pageOf, pageQuery, time } from "../fields.ts";
import { eventView } from "./event-view.ts";
import { failureView } from "./failure-view.ts";

const runParams = z.strictObject({ runId: idOf("run") });

const runFields = {
  id: idOf("run"),
  status: z.enum(runStatuses),
  reason: z
    .string()
    .nullable()
    .meta({ description: "One sentence. Always there unless the run succeeded through its last step." }),
  automation: z.object({ id: idOf("automation"), name: z.string() }),
  version: z.object({ id: idOf("version"), number: z.int() }),
  triggerType: z.string().meta({ example: "webhook", description: "webhook, manual or replay." }),
  failureCode: z.string().nullable(),
  failedPath: z.string().nullable().meta({ description: "The path of the step that failed." }),
  retryOf: idOf("run").nullable(),
  replayOf: idOf("delivery").nullable().meta({ description: "The delivery whose request it runs on again." }),
  queuedAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
};

export const runSummary = z.object(runFields).meta({ id: "RunSummary" });
export type RunSummary = z.output<typeof runSummary>;

export const attemptView = z
  .object({ startedAt: time, finishedAt: time, failure: failureView.optional() })
  .meta({ id: "Attempt" });
export type AttemptView = z.output<typeof attemptView>;

const mappingWarning = z.object({
  field: z.string(),
  message: z.string(),
  path: z.string().optional(),
  nearest: z.string().optional(),
});

export const stepView = z
  .object({
    path: z.string().meta({ example: "size[0].warn" }),
    stepId: z.string(),
    kind: z.enum(stepKinds),
    action: z.string().nullable(),
    status: z.enum(stepStatuses),
    input: jsonValue.nullable(),
    output: jsonValue.nullable(),
    failure: failureView.nullable(),
    warnings: z.array(mappingWarning),
    attempts: z.array(attemptView),
    idempotencyKey: z.string().nullable(),
    reusedFromRunId: idOf("run")
      .nullable()
      .meta({ description: "Set where a retry took the record over from an earlier run." }),
    startedAt: time,
    finishedAt: time.nullable(),
  })
  .meta({ id: "StepRecord" });
export type StepView = z.output<typeof stepView>;

export const runSchema = z
  .object({
    ...runFields,
    steps: z.array(stepView),
    failure: failureView.nullable(),
    trigger: eventView.nullable().meta({ description: "Null once its data was pruned." }),
    deliveryId: idOf("delivery").nullable(),
    retriedBy: z.array(z.object({ id: idOf("run"), status: z.enum(runStatuses), queuedAt: time })),
    dueAt: time.nullable().meta({ description: "When a waiting run goes on." }),
    crashCount: z.int().meta({ description: "How often a worker died while it held this run." }),
    canRetry: z.boolean(),
    canCancel: z.boolean(),
    url: z.string(),
  })
  .meta({ id: "Run" });
export type Run = z.output<typeof runSchema>;

export const runs = {
  list: {
    method: "get",
    path: "/runs",
    summary: "List runs, newest first",
    scope: "runs:read",
    query: z.strictObject({
      ...pageQuery,
      automationId: idOf("automation").optional(),
      status: z.enum(runStatuses).optional(),
      since: time.optional(),
      until: time.optional(),
    }),
    answer: { status: 200, description: "A page of runs.", schema: pageOf(runSummary) },
  },
  get: {
    method: "get",
    path: "/runs/:runId",
    summary: "Get a run with what each step did",
    scope: "runs:read",
    params: runParams,
    answer: { status: 200, description: "The run.", schema: runSchema },
    problems: [404],
  },
  retry: {
    method: "post",
    path: "/runs/:runId/retry",
    summary: "Retry a failed or canceled run from the step it ended at",
    description: "Succeeded steps are taken over. A run in review goes on itself, and calls its step once more.",
    scope: "runs:write",
    params: runParams,
    answer: { status: 201, description: "The run that goes on.", schema: z.object({ runId: idOf("run") }) },
    problems: [404, 409],
  },
  cancel: {
    method: "post",
    path: "/runs/:runId/cancel",
    summary: "End a run that is not finished",
    scope: "runs:write",
    params: runParams,
    answer: {
      status: 200,
      description: "Canceled.",
      schema: z.object({ runId: idOf("run"), status: z.literal("canceled") }),
    },
    problems: [404, 409],
  },
} satisfies Record<string, Endpoint>;
