import { z } from "zod";
import type { Endpoint } from "../endpoint.ts";
import { idOf, nothing, pageOf, pageQuery, plainText, time } from "../fields.ts";
import { failureView } from "./failure-view.ts";

const connectionParams = z.strictObject({ connectionId: idOf("connection") });

export const connectionName = z
  .string()
  .trim()
  .pipe(plainText(120))
  .meta({ description: "Steps name the connection by it.", example: "anthropic" });

const connectorId = z.string().regex(/^[a-z][A-Za-z0-9]{0,62}$/, "expected a connector's id, such as anthropic");

/** By field name. Secrets go in here and never come out. */
const fieldValues = z
  .record(z.string().max(120), z.string().max(20_000))
  .refine((fields) => Object.keys(fields).length <= 50, "expected at most 50 fields");

export const connectionField = z
  .object({
    name: z.string(),
    isSet: z.boolean(),
    isSecret: z.boolean(),
    hint: z.string().nullable().meta({ description: "Enough of a secret to tell it apart, never enough to use it." }),
    value: z.string().nullable().meta({ description: "Of fields that are no secrets." }),
  })
  .meta({ id: "ConnectionField" });

const connectionFields = {
  id: idOf("connection"),
  connector: z.string(),
  name: z.string(),
  fields: z.array(connectionField),
  health: z.enum(["unknown", "ok", "failing"]),
  account: z.string().nullable().meta({ description: "Whose account it is, as the last good check said." }),
  failure: failureView.nullable().meta({ description: "Why the last check failed." }),
  checkedAt: time.nullable(),
  lastUsedAt: time.nullable(),
  createdAt: time,
  updatedAt: time,
};

export const connectionSummary = z.object(connectionFields).meta({ id: "ConnectionSummary" });
export type ConnectionSummary = z.output<typeof connectionSummary>;

export const connectionSchema = z
  .object({
    ...connectionFields,
    usedBy: z.array(
      z.object({ id: idOf("automation"), name: z.string(), inDraft: z.boolean(), inPublished: z.boolean() }),
    ),
  })
  .meta({ id: "Connection" });
export type Connection = z.output<typeof connectionSchema>;

export const connectionTest = z
  .discriminatedUnion("ok", [
    z.object({ ok: z.literal(true), account: z.string().nullable() }),
    z.object({ ok: z.literal(false), failure: failureView }),
  ])
  .meta({ id: "ConnectionTest" });
export type ConnectionTest = z.output<typeof connectionTest>;

const testAnswer = {
  status: 200,
  description: "Whether the service took the credential.",
  schema: connectionTest,
} as const;

export const connections = {
  list: {
    method: "get",
    path: "/connections",
    summary: "List connections",
    scope: "connections:read",
    query: z.strictObject({ ...pageQuery, connector: connectorId.optional() }),
    answer: { status: 200, description: "A page of connections.", schema: pageOf(connectionSummary) },
  },
  create: {
    method: "post",
    path: "/connections",
    summary: "Store a credential",
    scope: "connections:write",
    body: z.strictObject({ connector: connectorId, name: connectionName, fields: fieldValues }),
    answer: { status: 201, description: "The connection, without its secrets.", schema: connectionSchema },
    problems: [404, 409],
  },
  testUnsaved: {
    method: "post",
    path: "/connections/test",
    summary: "Try a credential without storing it",
    scope: "connections:write",
    body: z.strictObject({ connector: connectorId, fields: fieldValues }),
    answer: testAnswer,
    problems: [404],
  },
  get: {
    method: "get",
    path: "/connections/:connectionId",
    summary: "Get a connection and where it is used",
    scope: "connections:read",
    params: connectionParams,
    answer: { status: 200, description: "The connection, without its secrets.", schema: connectionSchema },
    problems: [404],
  },
  update: {
    method: "put",
    path: "/connections/:connectionId",
    summary: "Rename a connection or replace fields",
    description: "Fields that are absent stay as they are; an empty text clears an optional field.",
    scope: "connections:write",
    params: connectionParams,
    body: z.strictObject({ name: connectionName.optional(), fields: fieldValues.optional() }),
    answer: { status: 200, description: "The connection, without its secrets.", schema: connectionSchema },
    problems: [404, 409],
  },
  delete: {
    method: "delete",
    path: "/connections/:connectionId",
    summary: "Forget a credential",
    scope: "connections:write",
    params: connectionParams,
    query: z.strictObject({
      force: z.enum(["true", "false"]).default("false").meta({ description: "Delete it although automations use it." }),
    }),
    answer: { status: 204, description: "Deleted.", schema: nothing },
    problems: [404, 409],
  },
  test: {
    method: "post",
    path: "/connections/:connectionId/test",
    summary: "Try a stored credential",
    scope: "connections:write",
    params: connectionParams,
    answer: testAnswer,
    problems: [404],
  },
} satisfies Record<string, Endpoint>;
