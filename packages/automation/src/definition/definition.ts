import { durationPattern, type Json, type JsonObject, parseDurationMs } from "@millrace/base";
import { z } from "zod";
import { everyStep } from "./every-step.ts";
import { type RespondStep, respondStep } from "./respond-step.ts";
import { webhookTrigger } from "./webhook-trigger.ts";

/** The number a definition starts with. It rises when an older reader could misread a newer definition. */
export const definitionVersion = 1;

export const definitionLimits = {
  ...{ steps: 200, nesting: 8, jsonBytes: 262_144, nameLength: 120, descriptionLength: 2_000, concurrency: 1_000 },
  ...{ retentionDays: 3_650, retentionMegabytes: 1_000_000 },
};

const json: z.ZodType<Json> = z.json();
const jsonObject: z.ZodType<JsonObject> = z.record(z.string(), json);

const duration = (maxMs: number, label: string) =>
  z
    .string()
    .regex(durationPattern, "expected a duration such as 30s, 5m or 2h")
    .refine((text) => {
      const ms = parseDurationMs(text);
      return ms === undefined || (ms > 0 && ms <= maxMs);
    }, `expected more than 0 and at most ${label}`);

const expression = z.string().min(1).max(4_096);

export type ActionStep = {
  id: string;
  note?: string | undefined;
  action: string;
  connection?: string | undefined;
  input: JsonObject;
  timeout?: string | undefined;
  retry?: { attempts: number } | undefined;
  atMostOnce?: boolean | undefined;
  onError?: "stop" | "continue" | Step[] | undefined;
};
export type SetStep = { id: string; note?: string | undefined; set: JsonObject };
export type FilterStep = { id: string; note?: string | undefined; filter: string };
export type BranchArm = { when: string; steps: Step[] } | { otherwise: Step[] };
export type BranchStep = { id: string; note?: string | undefined; branch: BranchArm[] };
export type Step = ActionStep | SetStep | FilterStep | BranchStep | RespondStep;

export const actionStep: z.ZodType<ActionStep> = z
  .strictObject({
    ...everyStep,
    action: z
      .string()
      .regex(/^[a-z][A-Za-z0-9]*\.[a-z][A-Za-z0-9]*$/, "expected connector.action, such as keyvalue.set"),
    connection: z
      .string()
      .min(1)
      .max(120)
      .optional()
      .meta({ description: "The name of a connection in this workspace." }),
    input: jsonObject.meta({ description: "One entry a field; text may hold {{ expressions }}." }),
    timeout: duration(600_000, "10m").optional().meta({ description: "30s unless said otherwise." }),
    retry: z.strictObject({ attempts: z.int().min(1).max(20) }).optional(),
    atMostOnce: z
      .boolean()
      .optional()
      .meta({ description: "After a crash in the unknown window, wait for review instead of calling again." }),
    get onError() {
      return z.union([z.literal("stop"), z.literal("continue"), z.array(step)]).optional();
    },
  })
  .meta({ id: "ActionStep", title: "Action" });

export const setStep: z.ZodType<SetStep> = z
  .strictObject({ ...everyStep, set: jsonObject })
  .meta({ id: "SetStep", title: "Set variables" });

export const filterStep: z.ZodType<FilterStep> = z
  .strictObject({ ...everyStep, filter: expression.meta({ description: "The run goes on only where this is true." }) })
  .meta({ id: "FilterStep", title: "Filter" });

const branchArm: z.ZodType<BranchArm> = z.union([
  z.strictObject({
    when: expression,
    get steps() {
      return z.array(step);
    },
  }),
  z.strictObject({
    get otherwise() {
      return z.array(step);
    },
  }),
]);

export const branchStep: z.ZodType<BranchStep> = z
  .strictObject({ ...everyStep, branch: z.array(branchArm).min(1).max(20) })
  .meta({ id: "BranchStep", title: "Branch" });

export const step: z.ZodType<Step> = z.lazy(() => z.union([actionStep, setStep, filterStep, branchStep, respondStep]));

const manualTrigger = z.strictObject({ type: z.literal("manual") });

export const trigger = z.discriminatedUnion("type", [webhookTrigger, manualTrigger]);
export type Trigger = z.output<typeof trigger>;

export type Definition = {
  millrace: 1;
  name: string;
  description?: string | undefined;
  /** How many of its runs execute at once; absent: any number. */
  concurrency?: number | undefined;
  retention?: Retention | undefined;
  trigger: Trigger;
  steps: Step[];
};

/** How long and how much of an automation's history is kept, within what the installation keeps. */
export type Retention = { days?: number | undefined; megabytes?: number | undefined };

const retention: z.ZodType<Retention> = z
  .strictObject({
    days: z
      .int("expected a whole number of days")
      .min(1, "expected at least 1 day")
      .max(definitionLimits.retentionDays)
      .optional(),
    megabytes: z
      .int("expected a whole number of megabytes")
      .min(1, "expected at least 1 megabyte")
      .max(definitionLimits.retentionMegabytes)
      .optional(),
  })
  .meta({
    title: "History",
    description:
      "How much of its history is kept, where that is less than the installation keeps. The oldest goes first.",
  });

/** The whole format. Its JSON Schema is published; `parseDefinition` reads it with errors for people. */
export const definitionSchema: z.ZodType<Definition> = z
  .strictObject({
    millrace: z.literal(definitionVersion, "expected 1, the version of this format"),
    name: z.string().trim().min(1, "expected a name").max(definitionLimits.nameLength),
    description: z.string().max(definitionLimits.descriptionLength).optional(),
    concurrency: z
      .int("expected a whole number of runs")
      .min(1, "expected at least 1 run at once")
      .max(definitionLimits.concurrency, `expected at most ${definitionLimits.concurrency} runs at once`)
      .optional()
      .meta({ title: "Runs at once", description: "Further runs wait their turn. Any number unless said otherwise." }),
    retention: retention.optional(),
    trigger,
    steps: z.array(step),
  })
  .meta({ title: "Millrace automation", description: "What the editor saves and the API takes." });
