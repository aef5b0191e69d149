import { z } from "zod";

export const problemCodes = [
  "invalid_request",
  "invalid_json",
  "too_large",
  "unsupported_media_type",
  "unauthenticated",
  "sign_in_rejected",
  "forbidden",
  "cross_site",
  "not_found",
  "conflict",
  "draft_changed",
  "definition_invalid",
  "name_taken",
  "connection_in_use",
  "run_state",
  "not_published",
  "not_replayable",
  "setup_done",
  "setup_token_rejected",
  "rate_limited",
  "unavailable",
  "internal",
] as const;
export type ProblemCode = (typeof problemCodes)[number];

export const problemIssue = z
  .object({
    path: z.string().meta({ description: "The field or place in the document, such as `steps[1].input.key`." }),
    message: z.string(),
    nearest: z.string().optional().meta({ description: "The nearest valid name." }),
    code: z.string().optional(),
    severity: z.enum(["error", "warning"]).optional(),
  })
  .meta({ id: "ProblemIssue" });
export type ProblemIssue = z.output<typeof problemIssue>;

/** Problem details: https://www.rfc-editor.org/rfc/rfc9457. `code` and `issues` are ours. */
export const problemSchema = z
  .object({
    type: z.string().meta({ example: "urn:millrace:problem:not_found" }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().optional().meta({ description: "The request's id, to find it in the log." }),
    code: z.string().meta({ example: "not_found", description: "Stable; programs may rely on it." }),
    issues: z.array(problemIssue).optional(),
  })
  .meta({ id: "Problem" });
export type Problem = z.output<typeof problemSchema>;

export const problemContentType = "application/problem+json";
