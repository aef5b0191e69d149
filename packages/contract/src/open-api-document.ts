import { OpenAPIRegistry, OpenApiGeneratorV31, type ResponseConfig } from "@asteasolutions/zod-to-openapi";
import { definitionSchema } from "@millrace/automation";
import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import { listEndpoints, type NamedEndpoint } from "./endpoints.ts";
import { problemContentType, problemSchema } from "./problem.ts";

const problemTitles: Record<number, string> = {
  400: "The request is wrong; `issues` names the fields.",
  401: "No valid session or API key.",
  403: "The caller may not do this.",
  404: "There is no such thing in this workspace.",
  409: "The state of the thing does not allow this.",
  422: "The definition is wrong; `issues` names the places.",
  429: "Too many requests; see Retry-After.",
  500: "Our fault; `instance` finds it in the log.",
};
const everywhere = [400, 429, 500];

type Schemas = NonNullable<NonNullable<OpenApiDocument["components"]>["schemas"]>;
export type OpenApiDocument = ReturnType<OpenApiGeneratorV31["generateDocument"]>;

/** The API as OpenAPI 3.1: https://spec.openapis.org/oas/v3.1.1.html */
export function openApiDocument({ version, publicUrl }: { version: string; publicUrl: string }): OpenApiDocument {
  const registry = new OpenAPIRegistry();
  registry.registerComponent("securitySchemes", "apiKey", { type: "http", scheme: "bearer" });
  registry.registerComponent("securitySchemes", "session", {
    type: "apiKey",
    in: "cookie",
    name: "millrace.session_token",
  });
  for (const named of listEndpoints()) register(registry, named);
  const document = new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: "3.1.0",
    info: {
      title: "Millrace",
      version,
      description: "Automations, their runs and what they need. Errors are problem details (RFC 9457).",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: `${publicUrl.replace(/\/+$/, "")}/api` }],
  });
  return {
    ...document,
    components: { ...document.components, schemas: { ...document.components?.schemas, ...definitionSchemas() } },
  };
}

/** The definition format is recursive, which zod knows how to write as JSON Schema and the generator does not. */
function definitionSchemas(): Schemas {
  const text = JSON.stringify(z.toJSONSchema(definitionSchema, { io: "input" }));
  const { $defs = {}, $schema: _, ...definition } = JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/'));
  return { ...$defs, Definition: definition };
}

function register(registry: OpenAPIRegistry, { resource, name, endpoint }: NamedEndpoint): void {
  const scope = endpoint.scope === "signedIn" || endpoint.scope === "public" ? [] : [endpoint.scope];
  registry.registerPath({
    method: endpoint.method,
    path: endpoint.path.replace(/:(\w+)/g, "{$1}"),
    operationId: `${resource}.${name}`,
    tags: [resource],
    summary: endpoint.summary,
    ...(endpoint.description ? { description: endpoint.description } : {}),
    security: endpoint.scope === "public" ? [] : [{ apiKey: [] }, { session: [] }],
    ...(scope.length > 0 ? { "x-scope": scope[0] } : {}),
    request: {
      ...(endpoint.params ? { params: endpoint.params } : {}),
      ...(endpoint.query ? { query: endpoint.query } : {}),
      ...(endpoint.body
        ? { body: { required: true, content: { "application/json": { schema: endpoint.body } } } }
        : {}),
    },
    responses: responsesOf(endpoint),
  });
}

function responsesOf({ answer, problems = [], scope }: Endpoint): Record<string, ResponseConfig> {
  const statuses = [...everywhere, ...problems, ...(scope === "public" ? [] : [401, 403])];
  const responses: Record<string, ResponseConfig> = {
    [answer.status]: {
      description: answer.description,
      ...(answer.status === 204
        ? {}
        : { content: { [answer.contentType ?? "application/json"]: { schema: answer.schema } } }),
    },
  };
  for (const status of statuses) {
    responses[status] = {
      description: problemTitles[status] ?? "A problem.",
      content: { [problemContentType]: { schema: problemSchema } },
    };
  }
  return responses;
}
