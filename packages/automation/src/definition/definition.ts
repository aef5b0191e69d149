import { durationPattern, type Json, type JsonObject, parseDurationMs } from "@millrace/base";
import { z } from "zod";

/** The number a definition starts with. It rises when an older reader could misread a newer definition. */
export const definitionVersion = 1;

export const definitionLimits = { steps: 200, nesting: 8, jsonBytes: 262_144, nameLength: 120 };

/** Step ids are names in expressions (`steps.summarize.text`), so they are CEL identifiers. */
export const stepIdPattern = /^[a-z][A-Za-z0-9_]{0,62}$/;

/** Words that CEL's grammar keeps for itself: https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax */
export const reservedWords: ReadonlySet<string> = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

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

const stepId = z
  .string()
  .regex(stepIdPattern, "expected a lower-case letter, then up to 62 letters, digits or underscores")
  .refine((id) => !reservedWords.has(id), "this word belongs to the expression language; choose another id")
  .meta({ title: "Id", description: "Later steps refer to this step's output as steps.<id>." });

const expression = z.string().min(1).max(4_096);

const everyStep = {
  id: stepId,
  note: z.string().max(2_000).optional().meta({ description: "For people; it has no effect." }),
};

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
export type Step = ActionStep | SetStep | FilterStep | BranchStep;
export type StepKind = "action" | "set" | "filter" | "branch";

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

export const step: z.ZodType<Step> = z.lazy(() => z.union([actionStep, setStep, filterStep, branchStep]));

const webhookTrigger = z.strictObject({
  type: z.literal("webhook"),
  verify: z
    .strictObject({ preset: z.literal("none", "expected none: other presets are not available in this version") })
    .optional(),
  dedupe: z
    .string()
    .max(4_096)
    .optional()
    .meta({ description: "Requests for which this gives the same text start one run." }),
  filter: expression.optional().meta({ description: "Only requests for which this is true start a run." }),
  respond: z.literal("now", "expected now: other answers are not available in this version").optional(),
});
const manualTrigger = z.strictObject({ type: z.literal("manual") });

export const trigger = z.discriminatedUnion("type", [webhookTrigger, manualTrigger]);
export type Trigger = z.output<typeof trigger>;
export type WebhookTrigger = z.output<typeof webhookTrigger>;

export type Definition = {
  millrace: 1;
  name: string;
  description?: string | undefined;
  trigger: Trigger;
  steps: Step[];
};

/** The whole format. Its JSON Schema is published; `parseDefinition` reads it with errors for people. */
export const definitionSchema: z.ZodType<Definition> = z
  .strictObject({
    millrace: z.literal(definitionVersion, "expected 1, the version of this format"),
    name: z.string().trim().min(1, "expected a name").max(definitionLimits.nameLength),
    description: z.string().max(2_000).optional(),
    trigger,
    steps: z.array(step),
  })
  .meta({ title: "Millrace automation", description: "What the editor saves and the API takes." });

export function stepKind(value: Step): StepKind {
  if ("action" in value) return "action";
  if ("set" in value) return "set";
  if ("filter" in value) return "filter";
  return "branch";
}
