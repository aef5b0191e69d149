import { z } from "zod";
import type { Endpoint } from "../endpoint.ts";
import { automationParams, idOf, pageOf, pageQuery, time } from "../fields.ts";
import { definition } from "./definition-fields.ts";

const versionFields = {
  id: idOf("version"),
  number: z.int(),
  publishedAt: time,
  publishedBy: z.string().nullable().meta({ description: "The name of the user or API key." }),
};

export const versionSummary = z.object(versionFields).meta({ id: "VersionSummary" });
export type VersionSummary = z.output<typeof versionSummary>;

export const versionSchema = z.object({ ...versionFields, definition }).meta({ id: "Version" });
export type Version = z.output<typeof versionSchema>;

export const versions = {
  list: {
    method: "get",
    path: "/automations/:automationId/versions",
    summary: "List published versions, newest first",
    scope: "automations:read",
    params: automationParams,
    query: z.strictObject(pageQuery),
    answer: { status: 200, description: "A page of versions.", schema: pageOf(versionSummary) },
    problems: [404],
  },
  get: {
    method: "get",
    path: "/automations/:automationId/versions/:number",
    summary: "Get a published version with its definition",
    scope: "automations:read",
    params: automationParams.extend({ number: z.coerce.number<number>().int().min(1).max(1_000_000_000) }),
    answer: { status: 200, description: "The version.", schema: versionSchema },
    problems: [404],
  },
} satisfies Record<string, Endpoint>;
