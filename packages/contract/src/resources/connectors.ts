import { z } from "zod";
import type { Endpoint } from "../endpoint.ts";
import { jsonValue, plainText } from "../fields.ts";

const connectorId = z.string().max(64);
const jsonSchema = jsonValue.meta({ description: "JSON Schema, draft 2020-12." });

export const connectionFieldSpec = z
  .object({
    name: z.string(),
    title: z.string(),
    description: z.string().nullable(),
    isSecret: z.boolean(),
    isRequired: z.boolean(),
    placeholder: z.string().nullable(),
    control: z.string().meta({ example: "text" }),
    jsonSchema: jsonValue,
  })
  .meta({ id: "ConnectionFieldSpec" });
export type ConnectionFieldSpec = z.output<typeof connectionFieldSpec>;

export const catalogAction = z
  .object({
    id: z.string().meta({ example: "anthropic.messageToAi" }),
    name: z.string().meta({ example: "messageToAi" }),
    title: z.string(),
    summary: z.string(),
    effect: z.enum(["read", "write", "destroy"]),
    replay: z.enum(["safe", "keyed", "unsafe"]),
    connection: z.enum(["required", "optional", "none"]),
    input: jsonSchema.meta({ description: "JSON Schema, with titles and the control of each field." }),
    output: jsonSchema,
    example: z.object({ input: jsonValue, output: jsonValue }),
    optionFields: z.array(z.string()).meta({ description: "Input fields whose choices come from the service." }),
  })
  .meta({ id: "Action" });
export type CatalogAction = z.output<typeof catalogAction>;

export const connectorSchema = z
  .object({
    id: connectorId,
    title: z.string(),
    summary: z.string(),
    icon: z.string().meta({ description: "The name of a Lucide icon, or SVG." }),
    connection: z
      .object({
        kind: z.string(),
        isRequired: z.boolean(),
        fields: z.array(connectionFieldSpec),
      })
      .nullable()
      .meta({ description: "Null if the connector takes no credential." }),
    actions: z.array(catalogAction),
  })
  .meta({ id: "Connector" });
export type Connector = z.output<typeof connectorSchema>;

export const optionSchema = z
  .object({ value: z.string(), label: z.string(), description: z.string().optional() })
  .meta({ id: "Option" });

export const connectors = {
  list: {
    method: "get",
    path: "/connectors",
    summary: "The catalog: every connector with its actions",
    scope: "automations:read",
    answer: { status: 200, description: "The catalog.", schema: z.object({ items: z.array(connectorSchema) }) },
  },
  get: {
    method: "get",
    path: "/connectors/:connectorId",
    summary: "Get one connector",
    scope: "automations:read",
    params: z.strictObject({ connectorId }),
    answer: { status: 200, description: "The connector.", schema: connectorSchema },
    problems: [404],
  },
  options: {
    method: "post",
    path: "/connectors/:connectorId/actions/:action/options/:field",
    summary: "The choices of a field, from the service",
    scope: "automations:write",
    params: z.strictObject({ connectorId, action: z.string().max(64), field: z.string().max(120) }),
    body: z.strictObject({
      connection: plainText(120).optional().meta({ description: "A connection's name." }),
      search: z.string().max(200).default(""),
    }),
    answer: {
      status: 200,
      description: "Choices, or why there are none.",
      schema: z.object({
        options: z.array(optionSchema),
        problem: z
          .string()
          .nullable()
          .meta({ description: "Why the service gave none; the field can be filled by hand." }),
      }),
    },
    problems: [404],
  },
} satisfies Record<string, Endpoint>;
