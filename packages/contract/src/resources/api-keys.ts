import { z } from "zod";
import type { Endpoint } from "../endpoint.ts";
import { idOf, nameText, nothing, pageOf, pageQuery, time } from "../fields.ts";
import { scopeSchema } from "../scope.ts";

export const apiKeySchema = z
  .object({
    id: idOf("apiKey"),
    name: z.string(),
    hint: z.string().meta({ description: "The key's first characters." }),
    scopes: z.array(scopeSchema),
    createdAt: time,
    lastUsedAt: time.nullable(),
    expiresAt: time.nullable(),
    revokedAt: time.nullable(),
  })
  .meta({ id: "ApiKey" });
export type ApiKey = z.output<typeof apiKeySchema>;

export const apiKeys = {
  list: {
    method: "get",
    path: "/api-keys",
    summary: "List API keys",
    scope: "keys:write",
    query: z.strictObject(pageQuery),
    answer: { status: 200, description: "A page of keys, without their secrets.", schema: pageOf(apiKeySchema) },
  },
  create: {
    method: "post",
    path: "/api-keys",
    summary: "Create an API key",
    description: "Its scopes must be among the caller's own.",
    scope: "keys:write",
    body: z.strictObject({
      name: nameText,
      scopes: z.array(scopeSchema).min(1).max(50),
      expiresInDays: z.int().min(1).max(3_650).optional().meta({ description: "Absent: it does not expire." }),
    }),
    answer: {
      status: 201,
      description: "The key. It is shown this once.",
      schema: z.object({
        apiKey: apiKeySchema,
        key: z.string().meta({ description: "Keep it: it is not shown again." }),
      }),
    },
  },
  revoke: {
    method: "delete",
    path: "/api-keys/:apiKeyId",
    summary: "Revoke an API key",
    scope: "keys:write",
    params: z.strictObject({ apiKeyId: idOf("apiKey") }),
    answer: { status: 204, description: "Revoked.", schema: nothing },
    problems: [404],
  },
} satisfies Record<string, Endpoint>;
