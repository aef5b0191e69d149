import type { Json } from "@millrace/base";
import { z } from "zod";
import { everyStep } from "./every-step.ts";

/** Answers the sender of a webhook that waits for its run. The first one of a run counts. */
export type RespondStep = {
  id: string;
  note?: string | undefined;
  respond: {
    status?: number | string | undefined;
    headers?: Record<string, string> | undefined;
    body?: Json | undefined;
  };
};

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;

/**
 * Headers that are not an automation's to send: they frame the message, carry cookies of the origin that the editor shares
 * with the webhooks, loosen what keeps answers from acting in its name, or tell a proxy to fetch something.
 */
const reservedHeaders = new Set([
  ...[
    "connection",
    "keep-alive",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "content-length",
    "content-encoding",
  ],
  ...["date", "server", "set-cookie", "set-cookie2", "content-security-policy", "content-security-policy-report-only"],
  ...["x-content-type-options", "x-frame-options", "strict-transport-security", "clear-site-data", "alt-svc"],
  ...["service-worker-allowed", "origin-agent-cluster", "report-to", "reporting-endpoints", "nel", "x-sendfile"],
]);
const reservedFamilies = /^(?:proxy-|x-accel-|x-lighttpd-|cross-origin-)/;

/** Why a Respond step can't send a header of this name; undefined where it can. */
export function answerHeaderFault(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (!headerName.test(name)) return `${name.slice(0, 100)} is not a header's name`;
  return reservedHeaders.has(lower) || reservedFamilies.test(lower)
    ? `${name} is set by the server and can't be set here`
    : undefined;
}

const headers = z
  .record(z.string(), z.string().max(8_192))
  .superRefine((given, context) => {
    const names = Object.keys(given);
    if (names.length > 50) context.addIssue({ code: "custom", message: "expected at most 50 headers" });
    for (const name of names) {
      const fault = answerHeaderFault(name);
      if (fault !== undefined) context.addIssue({ code: "custom", path: [name], message: fault });
    }
  })
  .meta({ description: "By name. Content-Type is application/json or text/plain unless said otherwise." });

const status = z
  .union([z.int().min(200).max(599), z.string().min(1).max(4_096)], {
    error: "expected a status from 200 to 599, or an expression that gives one",
  })
  .meta({ description: "200 unless said otherwise." });

export const respondStep: z.ZodType<RespondStep> = z
  .strictObject({
    ...everyStep,
    respond: z.strictObject({
      status: status.optional(),
      headers: headers.optional(),
      body: z
        .json()
        .optional()
        .meta({ description: "Text is sent as it is, anything else as JSON. No body unless said otherwise." }),
    }),
  })
  .meta({ id: "RespondStep", title: "Respond" });
