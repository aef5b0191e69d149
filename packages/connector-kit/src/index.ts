export {
  type Action,
  type ActionSpec,
  action,
  type Behavior,
  type CallAction,
  type Effect,
  type OptionsContext,
  type PickerOption,
  type Replay,
  type RunContext,
  type StateAction,
} from "./action.ts";
export type { CatalogAction, CatalogConnector } from "./catalog.ts";
export { type ConnectionVerdict, checkConnection } from "./check-connection.ts";
export {
  type CheckContext,
  type CheckResult,
  type Connection,
  type ConnectionSpec,
  type ConnectionWithActions,
  defineConnection,
  defineOptionalConnection,
  type OptionalConnectionSpec,
} from "./connection.ts";
export { type Connector, type ConnectorSpec, defineConnector } from "./connector.ts";
export {
  type Credential,
  type CredentialField,
  type CredentialOf,
  type CredentialShape,
  type FieldDescription,
  type FieldsAuth,
  fields,
} from "./credential-fields.ts";
export { createEgress, type EgressOptions } from "./egress/create-egress.ts";
export type { Egress, EgressBinding, EgressRequest, EgressResponse, ExchangeObserver } from "./egress/egress.ts";
export type { Resolve, ResolvedAddress } from "./egress/guarded-connector.ts";
export { headerFault, isConnectionHeader } from "./egress/request-headers.ts";
export { toJson } from "./json-schema.ts";
export { loadOptions, type OptionsCall } from "./load-options.ts";
export { nearestNames } from "./nearest-names.ts";
export { createRegistry, type RegisteredAction, type Registry } from "./registry.ts";
export { retryAfterMs } from "./retry-after.ts";
export { type ActionCall, defaultActionTimeoutMs, runAction } from "./run-action.ts";
export { type StateActionSpec, stateAction } from "./state-action.ts";
export { type StateOperation, type StateResult, stateResults } from "./state-operation.ts";
