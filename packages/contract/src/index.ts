export { ApiError, apiErrorOf } from "./client/api-error.ts";
export { type Client, createClient } from "./client/create-client.ts";
export type { ClientOptions, FetchLike } from "./client/send.ts";
export type { WatchOptions } from "./client/watch.ts";
export type {
  Endpoint,
  EndpointAnswer,
  EndpointInput,
  EndpointMethod,
  EndpointPresented,
  EndpointRequest,
} from "./endpoint.ts";
export { endpoints, listEndpoints, type NamedEndpoint } from "./endpoints.ts";
export { type OpenApiDocument, openApiDocument } from "./open-api-document.ts";
export {
  type Problem,
  type ProblemCode,
  type ProblemIssue,
  problemCodes,
  problemContentType,
  problemSchema,
} from "./problem.ts";
export { type Me, shortestPassword } from "./resources/account.ts";
export type { ApiKey } from "./resources/api-keys.ts";
export type { Automation, AutomationSummary, PushedAutomation, Samples } from "./resources/automations.ts";
export type { Connection, ConnectionSummary, ConnectionTest } from "./resources/connections.ts";
export type { CatalogAction, ConnectionFieldSpec, Connector } from "./resources/connectors.ts";
export type { DefinitionIssueView } from "./resources/definition-fields.ts";
export { type Delivery, type DeliverySummary, deliveryVerdicts } from "./resources/deliveries.ts";
export type { BodyView, EventView } from "./resources/event-view.ts";
export { eventStreamType, type LiveEventView } from "./resources/events.ts";
export type { FailureView } from "./resources/failure-view.ts";
export type { KeyValueEntry, KeyValueSummary } from "./resources/key-value.ts";
export type { ExpressionFunction, Template } from "./resources/reference.ts";
export type { AttemptView, Run, RunSummary, StepView } from "./resources/runs.ts";
export type { Version, VersionSummary } from "./resources/versions.ts";
export type { WorkspaceView } from "./resources/workspace.ts";
export { type Role, roleSchema, roles, type Scope, scopeSchema, scopes, scopesOf } from "./scope.ts";
