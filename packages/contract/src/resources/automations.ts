import { runStatuses } from "@millrace/automation";
import { z } from "zod";
import type { Endpoint } from "../endpoint.ts";
import { automationParams, idOf, jsonObject, jsonValue, nothing, pageOf, pageQuery, time } from "../fields.ts";
import { definition, definitionInput, definitionIssue } from "./definition-fields.ts";

const publishedVersion = z.object({ id: idOf("version"), number: z.int(), publishedAt: time });

const automationFields = {
  id: idOf("automation"),
  name: z.string(),
  enabled: z.boolean(),
  triggerType: z.string().meta({ example: "webhook" }),
  hasUnpublishedChanges: z.boolean(),
  editorUrl: z.string(),
  createdAt: time,
  updatedAt: time,
};

export const automationSummary = z
  .object({
    ...automationFields,
    publishedNumber: z.int().nullable().meta({ description: "The published version's number." }),
    activity: z
      .array(z.object({ date: z.string(), runs: z.int(), failed: z.int(), isCapped: z.boolean() }))
      .meta({ description: "The last seven days (UTC), oldest first; isCapped: there were more runs than counted." }),
    lastRun: z.object({ id: idOf("run"), status: z.enum(runStatuses), queuedAt: time }).nullable(),
  })
  .meta({ id: "AutomationSummary" });
export type AutomationSummary = z.output<typeof automationSummary>;

export const automationSchema = z
  .object({
    ...automationFields,
    draftRevision: z.int().meta({ description: "Rises with each save." }),
    published: publishedVersion.nullable(),
    definition,
    webhookUrl: z
      .string()
      .nullable()
      .meta({ description: "Null if the trigger is no webhook, or if the caller may not start runs." }),
    curl: z.string().nullable().meta({ description: "A command that fires the webhook with a sample body." }),
    sampleBody: jsonValue.meta({ description: "What curl sends: every path of the body that the steps use." }),
    issues: z.array(definitionIssue).meta({ description: "What keeps the draft from being published." }),
  })
  .meta({ id: "Automation" });
export type Automation = z.output<typeof automationSchema>;

export const pushedSchema = z
  .object({
    id: idOf("automation"),
    name: z.string(),
    version: z.int().nullable().meta({ description: "The published version's number." }),
    webhookUrl: z.string().nullable(),
    editorUrl: z.string(),
    created: z.boolean(),
    issues: z.array(definitionIssue),
  })
  .meta({ id: "PushedAutomation" });
export type PushedAutomation = z.output<typeof pushedSchema>;

/** The data that expressions see as `trigger`. */
export const sampleTrigger = z.object({
  method: z.string(),
  headers: jsonObject,
  query: jsonObject,
  body: jsonValue,
  receivedAt: time,
});

export const samplesSchema = z
  .object({
    triggers: z.array(
      z.object({
        id: z.string(),
        source: z.enum(["delivery", "example"]),
        label: z.string(),
        receivedAt: time.nullable(),
        trigger: sampleTrigger,
      }),
    ),
    steps: z
      .record(z.string(), jsonValue)
      .meta({ description: "By step id: the last recorded output; an action's example where there is none." }),
    stepSources: z.record(z.string(), z.enum(["run", "example"])),
    runId: idOf("run").nullable().meta({ description: "Where the recorded outputs come from." }),
  })
  .meta({ id: "Samples" });
export type Samples = z.output<typeof samplesSchema>;

const automationAnswer = { status: 200, description: "The automation.", schema: automationSchema } as const;

export const automations = {
  list: {
    method: "get",
    path: "/automations",
    summary: "List automations, last changed first",
    scope: "automations:read",
    query: z.strictObject(pageQuery),
    answer: { status: 200, description: "A page of automations.", schema: pageOf(automationSummary) },
  },
  create: {
    method: "post",
    path: "/automations",
    summary: "Create an automation from a definition or a template",
    scope: "automations:write",
    body: z
      .strictObject({ definition: definitionInput.optional(), template: z.string().min(1).max(120).optional() })
      .refine((body) => (body.definition === undefined) !== (body.template === undefined), {
        error: "expected either definition or template",
      }),
    answer: { status: 201, description: "The new automation.", schema: automationSchema },
    problems: [404, 409, 422],
  },
  check: {
    method: "post",
    path: "/automations/check",
    summary: "Say what keeps a definition from being published",
    scope: "automations:read",
    body: z.strictObject({ definition: definitionInput }),
    answer: { status: 200, description: "The findings.", schema: z.object({ issues: z.array(definitionIssue) }) },
  },
  push: {
    method: "post",
    path: "/automations/push",
    summary: "Save a definition under its name, creating the automation where there is none",
    description: "With `publish`, nothing is saved unless the definition can be published.",
    scope: "automations:write",
    body: z.strictObject({ definition: definitionInput, publish: z.boolean().default(false) }),
    answer: { status: 200, description: "The automation it became.", schema: pushedSchema },
    problems: [409, 422],
  },
  get: {
    method: "get",
    path: "/automations/:automationId",
    summary: "Get an automation with its draft",
    scope: "automations:read",
    params: automationParams,
    answer: automationAnswer,
    problems: [404],
  },
  saveDraft: {
    method: "put",
    path: "/automations/:automationId/draft",
    summary: "Save the draft",
    scope: "automations:write",
    params: automationParams,
    body: z.strictObject({
      definition: definitionInput,
      expectedRevision: z.int().min(1).meta({ description: "The `draftRevision` the change is based on." }),
    }),
    answer: automationAnswer,
    problems: [404, 409, 422],
  },
  publish: {
    method: "post",
    path: "/automations/:automationId/publish",
    summary: "Publish the draft as a new version",
    scope: "automations:write",
    params: automationParams,
    body: z.strictObject({
      expectedRevision: z
        .int()
        .min(1)
        .optional()
        .meta({ description: "Publish only if this is still the draft's revision." }),
    }),
    answer: { status: 201, description: "The new version.", schema: publishedVersion },
    problems: [404, 409, 422],
  },
  setEnabled: {
    method: "post",
    path: "/automations/:automationId/enabled",
    summary: "Turn an automation on or off",
    scope: "automations:write",
    params: automationParams,
    body: z.strictObject({ enabled: z.boolean() }),
    answer: automationAnswer,
    problems: [404],
  },
  delete: {
    method: "delete",
    path: "/automations/:automationId",
    summary: "Delete an automation; its runs stay visible",
    scope: "automations:write",
    params: automationParams,
    answer: { status: 204, description: "Deleted.", schema: nothing },
    problems: [404],
  },
  rotateEndpoint: {
    method: "post",
    path: "/automations/:automationId/rotate-endpoint",
    summary: "Mint a new webhook URL",
    description: "The old URL goes on working for the overlap.",
    scope: "automations:write",
    params: automationParams,
    body: z.strictObject({ overlapSeconds: z.int().min(0).max(604_800).default(86_400) }),
    answer: {
      status: 200,
      description: "The new URL and until when the old one works.",
      schema: z.object({ webhookUrl: z.string(), oldUrlWorksUntil: time }),
    },
    problems: [404, 409],
  },
  samples: {
    method: "get",
    path: "/automations/:automationId/samples",
    summary: "Data to preview mappings with",
    scope: "runs:read",
    params: automationParams,
    answer: { status: 200, description: "Recent requests and last outputs.", schema: samplesSchema },
    problems: [404],
  },
  run: {
    method: "post",
    path: "/automations/:automationId/runs",
    summary: "Start a run of the published version by hand",
    description: "The body becomes `trigger.body`, as if it had been posted to the webhook.",
    scope: "runs:write",
    params: automationParams,
    body: z.strictObject({ body: jsonValue.optional() }),
    answer: {
      status: 201,
      description: "The queued run.",
      schema: z.object({ runId: idOf("run"), status: z.literal("queued") }),
    },
    problems: [404, 409],
  },
} satisfies Record<string, Endpoint>;
