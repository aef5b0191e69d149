import { z } from "zod";

/** Step ids are names in expressions (`steps.summarize.text`), so they are CEL identifiers. */
export const stepIdPattern = /^[a-z][A-Za-z0-9_]{0,62}$/;

/** Words that CEL's grammar keeps for itself: https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax */
export const reservedWords: ReadonlySet<string> = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

const stepId = z
  .string()
  .regex(stepIdPattern, "expected a lower-case letter, then up to 62 letters, digits or underscores")
  .refine((id) => !reservedWords.has(id), "this word belongs to the expression language; choose another id")
  .meta({ title: "Id", description: "Later steps refer to this step's output as steps.<id>." });

/** What every kind of step has. */
export const everyStep = {
  id: stepId,
  note: z.string().max(2_000).optional().meta({ description: "For people; it has no effect." }),
};
