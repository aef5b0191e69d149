import type { Definition } from "@millrace/automation";
import { z } from "zod";

/** As sent: the server reads it with `parseDefinition`, whose errors name the place and the nearest valid name. */
export const definitionInput = z.unknown().meta({
  type: "object",
  description: "An automation definition; its JSON Schema is at /api/definition.schema.json.",
});

/** As answered: it was parsed when it was stored. The OpenAPI document puts the format's schema in its place. */
export const definition: z.ZodType<Definition, Definition> = z.any().meta({ id: "Definition" });

export const definitionIssue = z
  .object({
    path: z.string(),
    code: z.string(),
    message: z.string(),
    nearest: z.string().optional(),
    severity: z.enum(["error", "warning"]),
  })
  .meta({ id: "DefinitionIssue" });
export type DefinitionIssueView = z.output<typeof definitionIssue>;
