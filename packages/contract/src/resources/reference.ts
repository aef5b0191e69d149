import { z } from "zod";
import type { Endpoint } from "../endpoint.ts";
import { jsonObject, jsonValue } from "../fields.ts";
import { definition } from "./definition-fields.ts";

export const expressionFunction = z
  .object({
    name: z.string(),
    family: z.string(),
    form: z.enum(["function", "method", "both"]),
    signature: z.string(),
    result: z.string(),
    doc: z.string(),
    example: z.object({ source: z.string(), result: jsonValue }),
  })
  .meta({ id: "ExpressionFunction" });
export type ExpressionFunction = z.output<typeof expressionFunction>;

export const templateSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    summary: z.string(),
    connectors: z.array(z.string()).meta({ description: "Connectors that need a connection first." }),
    sampleBody: jsonValue.meta({ description: "A request that shows what it does." }),
    definition,
  })
  .meta({ id: "Template" });
export type Template = z.output<typeof templateSchema>;

/** What describes the rest. */
export const reference = {
  templates: {
    method: "get",
    path: "/templates",
    summary: "Automations to start from",
    scope: "signedIn",
    answer: { status: 200, description: "The templates.", schema: z.object({ items: z.array(templateSchema) }) },
  },
  expressions: {
    method: "get",
    path: "/expressions",
    summary: "The functions that expressions know",
    scope: "public",
    answer: { status: 200, description: "The table.", schema: z.object({ functions: z.array(expressionFunction) }) },
  },
  definitionSchema: {
    method: "get",
    path: "/definition.schema.json",
    summary: "The JSON Schema of automation definitions",
    scope: "public",
    answer: { status: 200, description: "JSON Schema, draft 2020-12.", schema: jsonObject },
  },
  openApi: {
    method: "get",
    path: "/openapi.json",
    summary: "This document",
    scope: "public",
    answer: { status: 200, description: "OpenAPI 3.1.", schema: jsonObject },
  },
} satisfies Record<string, Endpoint>;
