export {
  checkDefinition,
  type DefinitionWorld,
  expressionNames,
  type KnownAction,
} from "./definition/check-definition.ts";
export {
  type ActionStep,
  type BranchArm,
  type BranchStep,
  type Definition,
  definitionLimits,
  definitionSchema,
  definitionVersion,
  type FilterStep,
  type Retention,
  type SetStep,
  type Step,
  type Trigger,
} from "./definition/definition.ts";
export { stepIdPattern } from "./definition/every-step.ts";
export { nearestName } from "./definition/nearest-name.ts";
export {
  type DefinitionIssue,
  type ParsedDefinition,
  parseDefinition,
  presentPath,
} from "./definition/parse-definition.ts";
export { answerHeaderFault, type RespondStep } from "./definition/respond-step.ts";
export { type StepKind, stepKind, stepKinds } from "./definition/step-kind.ts";
export { type PlacedStep, walkSteps } from "./definition/walk-steps.ts";
export {
  dedupeByBody,
  type WebhookMethod,
  type WebhookTrigger,
  webhookDefaults,
  webhookLimits,
  webhookMethods,
} from "./definition/webhook-trigger.ts";
export { Budget, defaultBudgetUnits } from "./expression/budget.ts";
export {
  type CompiledExpression,
  type CompileOptions,
  compileExpression,
  type Scope,
} from "./expression/expression.ts";
export { ExpressionError } from "./expression/expression-error.ts";
export type { ExpressionErrorCode } from "./expression/fault.ts";
export type { CallForm, FunctionEntry, FunctionFamily, Parameter, ParameterType } from "./expression/function-entry.ts";
export { functionTable } from "./expression/functions.ts";
export type { LineagePath, Segment } from "./expression/lineage.ts";
export { type PayloadFinding, type PayloadParsed, parsePayload } from "./expression/payload.ts";
export { type CompiledTemplate, compileTemplate } from "./expression/template.ts";
export { Duration, fromJson, Timestamp, toJson, type Value, type ValueMap } from "./expression/value.ts";
export {
  type CompiledInput,
  compileInput,
  type MappingWarning,
  mappingFailure,
  type ResolvedInput,
  resolveInput,
} from "./mapping/resolve-input.ts";
export {
  type Plan,
  type PlannedAction,
  type PlannedBranch,
  type PlannedFilter,
  type PlannedRespond,
  type PlannedSet,
  type PlannedStep,
  planAutomation,
} from "./run/plan.ts";
export { canBecome, isTerminal, type RunStatus, runStatuses, type StepStatus, stepStatuses } from "./run/run-status.ts";
export {
  callsItselfJson,
  type OpenedEvent,
  openEvent,
  type ReceivedEvent,
  type TriggerScope,
  whyMalformed,
} from "./run/trigger-scope.ts";
export type { DedupeSource, HandshakeRule, Preset } from "./verification/preset.ts";
export { presets } from "./verification/presets.ts";
export {
  isAddressRange,
  type OpenedVerification,
  openVerification,
  type PresetName,
  presetNames,
  presetsWithoutTimestamp,
  presetsWithVerifyToken,
  type SchemeName,
  schemeNames,
  signingSecretConnectorId,
  type Verification,
  verificationLimits,
  verificationSchema,
} from "./verification/verification-schema.ts";
export {
  type ContentPart,
  contentParts,
  defaultClockToleranceSeconds,
  defaultToleranceSeconds,
  type HmacScheme,
  type JwtScheme,
  longestToleranceSeconds,
  type PublicKeyScheme,
  type SharedSecretScheme,
  type SignedScheme,
  schemeChoices,
  type VerificationScheme,
  verificationScheme,
} from "./verification/verification-scheme.ts";
