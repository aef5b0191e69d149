import { z } from "zod";
import { idOf, jsonValue, time } from "../fields.ts";

const findings = z
  .array(z.object({ path: z.string(), kind: z.string() }))
  .meta({ description: "What the body holds that needs care, such as integers that were kept as text." });

const malformed = z.string().nullable().meta({
  description: "Why a body that calls itself JSON, or a multipart form, was kept as it came.",
});

/** A request's body as it can be shown. Parsed late, so hostile bodies come as text. */
export const bodyView = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("empty") }),
    z.object({ kind: z.literal("json"), value: jsonValue, findings }),
    z.object({ kind: z.literal("form"), value: jsonValue }),
    z.object({ kind: z.literal("multipart"), value: jsonValue }).meta({
      description: "A form whose files, and fields that are no text, are `{ name, type, size, base64 }`.",
    }),
    z.object({ kind: z.literal("text"), text: z.string(), malformed }),
    z.object({ kind: z.literal("binary"), base64: z.string(), malformed }),
    z.object({ kind: z.literal("tooLarge"), limitBytes: z.int() }),
  ])
  .meta({ id: "Body" });
export type BodyView = z.output<typeof bodyView>;

/** What started a run, with the headers that carry secrets blanked out. */
export const eventView = z
  .object({
    id: idOf("event"),
    method: z.string(),
    query: z.array(z.object({ name: z.string(), value: z.string() })),
    headers: z.array(z.object({ name: z.string(), value: z.string() })),
    contentType: z.string().nullable(),
    sizeBytes: z.int(),
    body: bodyView,
    receivedAt: time,
  })
  .meta({ id: "Event" });
export type EventView = z.output<typeof eventView>;
