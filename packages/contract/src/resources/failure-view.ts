import { z } from "zod";
import { jsonObject } from "../fields.ts";

export const failureView = z
  .object({
    code: z.string().meta({ example: "credential_rejected" }),
    message: z.string(),
    nextStep: z.enum(["stop", "retry", "reconnect", "review"]).meta({ description: "What the code asks for." }),
    advice: z.string().optional().meta({ description: "What a person can do about it." }),
    field: z.string().optional(),
    retryAfterMs: z.number().optional(),
    httpStatus: z.int().optional(),
    facts: jsonObject.optional(),
  })
  .meta({ id: "Failure" });
export type FailureView = z.output<typeof failureView>;
