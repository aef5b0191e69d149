import { durationPattern, parseDurationMs } from "@millrace/base";
import { z } from "zod";
import { verificationSchema } from "../verification/verification-schema.ts";

/** HEAD and OPTIONS are never among them: whatever asks about a URL must not start anything. */
export const webhookMethods = ["POST", "PUT", "PATCH", "DELETE", "GET"] as const;
export type WebhookMethod = (typeof webhookMethods)[number];

/** What a trigger takes that says nothing else. */
export const webhookDefaults: { methods: readonly WebhookMethod[]; maxBodyBytes: number } = {
  methods: ["POST", "PUT", "PATCH"],
  maxBodyBytes: 1_048_576,
};

/** As `dedupe`: requests whose bodies are the same, byte for byte. */
export const dedupeByBody = "body";

export const webhookLimits = { maxBodyBytes: 25 * 1_048_576, requestsPerPeriod: 1_000_000 };

const longestPeriodMs = 86_400_000;

const methods = z
  .array(z.enum(webhookMethods, `expected one of ${webhookMethods.join(", ")}`))
  .min(1, "expected at least one method")
  .max(webhookMethods.length)
  .meta({ title: "Methods", description: "POST, PUT and PATCH unless said otherwise." });

const maxBodyBytes = z
  .int("expected a whole number of bytes")
  .min(1, "expected at least 1 byte")
  .max(webhookLimits.maxBodyBytes, `expected at most ${webhookLimits.maxBodyBytes} bytes, 25 MiB`)
  .meta({
    title: "Largest body in bytes",
    description: `${webhookDefaults.maxBodyBytes}, 1 MiB, unless said otherwise.`,
  });

const rateLimit = z
  .strictObject({
    requests: z
      .int("expected a whole number of requests")
      .min(1, "expected at least 1 request")
      .max(webhookLimits.requestsPerPeriod),
    per: z
      .string()
      .regex(durationPattern, "expected a duration such as 1s, 1m or 1h")
      .refine((text) => {
        const ms = parseDurationMs(text);
        return ms === undefined || (ms >= 1_000 && ms <= longestPeriodMs);
      }, "expected at least 1s and at most 1d"),
  })
  .meta({
    title: "Rate limit",
    description: "Requests beyond it are refused with 429. Each ingress process counts on its own.",
  });

/** A URL that is called. Its expressions know `trigger` and nothing else. */
export const webhookTrigger = z.strictObject({
  type: z.literal("webhook"),
  verify: verificationSchema
    .optional()
    .meta({ title: "Verification", description: "How requests prove where they come from." }),
  methods: methods.optional(),
  maxBodyBytes: maxBodyBytes.optional(),
  rateLimit: rateLimit.optional(),
  dedupe: z.string().max(4_096).optional().meta({
    description:
      "Requests for which this gives the same text start one run; body: requests with the same body. A preset's own id unless said otherwise.",
  }),
  order: z.string().min(1).max(4_096).optional().meta({
    description:
      "Runs for which this gives the same text execute one at a time, in the order of arrival. One that waits or needs review holds back those behind it.",
  }),
  filter: z
    .string()
    .min(1)
    .max(4_096)
    .optional()
    .meta({ description: "Only requests for which this is true start a run." }),
  respond: z
    .enum(["now", "whenFinished"], "expected now or whenFinished")
    .optional()
    .meta({ description: "When the sender gets its answer: at once, or from the run. now unless said otherwise." }),
});
export type WebhookTrigger = z.output<typeof webhookTrigger>;
