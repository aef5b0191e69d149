import { durationPattern, maxLifetimeMs, parseDurationMs, presentDuration } from "@millrace/base";
import { z } from "zod";
import type { Endpoint } from "../endpoint.ts";
import { idOf, jsonValue, nothing, pageOf, pageQuery, plainText, time } from "../fields.ts";

const key = plainText(512).meta({ example: "last_summary" });
const keyParams = z.strictObject({ key });

const entryFields = {
  key: z.string(),
  version: z.int().meta({ description: "Rises with each write." }),
  expiresAt: time.nullable(),
  createdAt: time,
  updatedAt: time,
  updatedByRunId: idOf("run").nullable().meta({ description: "Null if a person or the API wrote it." }),
};

export const entrySchema = z.object({ ...entryFields, value: jsonValue }).meta({ id: "KeyValueEntry" });
export type KeyValueEntry = z.output<typeof entrySchema>;

export const entrySummary = z
  .object({
    ...entryFields,
    sizeBytes: z.int(),
    value: jsonValue.optional().meta({ description: "Absent where it is larger than 16 KiB." }),
  })
  .meta({ id: "KeyValueSummary" });
export type KeyValueSummary = z.output<typeof entrySummary>;

export const keyvalue = {
  list: {
    method: "get",
    path: "/keyvalue",
    summary: "List entries by key",
    scope: "keyvalue:read",
    query: z.strictObject({ ...pageQuery, prefix: plainText(512).optional() }),
    answer: { status: 200, description: "A page of entries.", schema: pageOf(entrySummary) },
  },
  get: {
    method: "get",
    path: "/keyvalue/:key",
    summary: "Get an entry",
    scope: "keyvalue:read",
    params: keyParams,
    answer: { status: 200, description: "The entry.", schema: entrySchema },
    problems: [404],
  },
  put: {
    method: "put",
    path: "/keyvalue/:key",
    summary: "Write an entry",
    scope: "keyvalue:write",
    params: keyParams,
    body: z.strictObject({
      value: jsonValue,
      expiresIn: z
        .string()
        .regex(durationPattern, "expected a duration such as 30s, 5m or 7d")
        .refine(
          (text) => (parseDurationMs(text) ?? 0) <= maxLifetimeMs,
          `expected at most ${presentDuration(maxLifetimeMs)}`,
        )
        .optional()
        .meta({ description: "Absent: the entry stays." }),
    }),
    answer: { status: 200, description: "The entry.", schema: entrySchema },
  },
  delete: {
    method: "delete",
    path: "/keyvalue/:key",
    summary: "Delete an entry",
    scope: "keyvalue:write",
    params: keyParams,
    answer: { status: 204, description: "Deleted.", schema: nothing },
    problems: [404],
  },
} satisfies Record<string, Endpoint>;
