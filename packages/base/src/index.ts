export { type Clock, systemClock } from "./clock.ts";
export { durationPattern, maxLifetimeMs, parseDurationMs, presentDuration } from "./duration.ts";
export { ConfigError, parseEnv } from "./env.ts";
export {
  Failure,
  type FailureCode,
  type FailureDetail,
  type FailureRecord,
  type NextStep,
  nextStepFor,
} from "./failure.ts";
export { type IdKind, idPrefixes, idTime, isId, lowestIdAt, newId } from "./ids.ts";
export {
  isJsonObject,
  type Json,
  type JsonLimits,
  type JsonObject,
  type JsonParsed,
  type JsonRefusal,
  jsonLimits,
  parseJson,
} from "./json.ts";
