export { type AdvisoryLock, tryAdvisoryLock, withAdvisoryLock } from "./advisory-lock.ts";
export { DatabaseUnreachable } from "./database-unreachable.ts";
export { EmbeddedPostgresError } from "./embedded/embedded-postgres-error.ts";
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from "./embedded/start-embedded-postgres.ts";
export { PrismaClient } from "./generated/client.ts";
export { createGroupCommit, type GroupCommit, type GroupCommitOptions, Overloaded } from "./group-commit.ts";
export { applyStateOperation, type StateOutcome } from "./key-values/apply-state-operations.ts";
export { migrate } from "./migration/migrate.ts";
export { MigrationError } from "./migration/migration-error.ts";
export { type Database, type DatabaseOptions, openDatabase } from "./open-database.ts";
export { type DroppedPartitions, dropPartitionsBefore } from "./partitions/drop-partitions.ts";
export { ensurePartitions } from "./partitions/ensure-partitions.ts";
export {
  type ApiKey,
  type ApiKeyRepository,
  createApiKeyRepository,
  type NewApiKey,
} from "./repositories/api-key-repository.ts";
export { type ApiKeyScope, apiKeyScopes } from "./repositories/api-key-scopes.ts";
export type { DayActivity } from "./repositories/automation-activity.ts";
export type { AutomationSummary } from "./repositories/automation-list.ts";
export {
  type Automation,
  type AutomationRepository,
  createAutomationRepository,
} from "./repositories/automation-repository.ts";
export { Conflict } from "./repositories/conflict.ts";
export type { ConnectionField, CredentialInput } from "./repositories/connection-fields.ts";
export type { Connection, ConnectionHealth } from "./repositories/connection-record.ts";
export {
  type CheckOutcome,
  type ConnectionRepository,
  type CredentialUpdate,
  createConnectionRepository,
  type NewConnection,
} from "./repositories/connection-repository.ts";
export type { ConnectionUse } from "./repositories/connection-use.ts";
export { type ConnectionVaults, openVaults } from "./repositories/connection-vaults.ts";
export { createCredentials } from "./repositories/credentials.ts";
export {
  createDeliveryRepository,
  type DeliveryDetail,
  type DeliveryListRequest,
  type DeliveryRepository,
  type DeliverySummary,
  type DeliveryVerdict,
  deliveryVerdicts,
} from "./repositories/delivery-repository.ts";
export {
  createEndpointRepository,
  type EndpointRepository,
  type FoundEndpoint,
  type RotatedEndpoint,
} from "./repositories/endpoint-repository.ts";
export { InvalidCursor } from "./repositories/invalid-cursor.ts";
export {
  createKeyValueRepository,
  type KeyValueEntry,
  type KeyValueRepository,
  type KeyValueSummary,
} from "./repositories/key-value-repository.ts";
export { NotFound } from "./repositories/not-found.ts";
export type { Page, PageRequest } from "./repositories/page.ts";
export { createRepositories, type Repositories } from "./repositories/repositories.ts";
export {
  createRunRepository,
  type RunDetail,
  type RunListRequest,
  type RunRepository,
  type RunRepositoryOptions,
} from "./repositories/run-repository.ts";
export type { RunSummary } from "./repositories/run-summary.ts";
export type { RunWait } from "./repositories/run-wait.ts";
export { createSealedRows, type Rewrapped, type SealedRowCount, type SealedRows } from "./repositories/sealed-rows.ts";
export { createSetupRepository, type SetupRepository } from "./repositories/setup-repository.ts";
export { createSigningSecrets, type SigningSecret, type SigningSecrets } from "./repositories/signing-secrets.ts";
export { createVaultKeyCheckRepository, type VaultKeyCheckRepository } from "./repositories/vault-key-checks.ts";
export {
  createVersionRepository,
  type PublishRequest,
  type Version,
  type VersionRepository,
  type VersionSummary,
} from "./repositories/version-repository.ts";
export {
  createWorkspaceRepository,
  type MemberRole,
  type Membership,
  memberRoles,
  type Workspace,
  type WorkspaceRepository,
} from "./repositories/workspace-repository.ts";
export { deleteDedupeKeysBefore, deleteExpiredKeyValues } from "./retention/delete-expired.ts";
export type { HistorySizes } from "./retention/history-bytes.ts";
export { type Maintained, type MaintenanceSettings, maintain } from "./retention/maintain.ts";
export { createRunGauges, type RunGauges } from "./run-gauges.ts";
export { createHotPath, type HotPath } from "./runs/hot-path.ts";
export { createIntake } from "./runs/intake.ts";
export { createJournal } from "./runs/journal.ts";
export { createRunControl } from "./runs/run-control.ts";
export { createRunOutcomes } from "./runs/run-outcomes.ts";
export { createRunStore, type RunStoreOptions } from "./runs/run-store.ts";
export { inTransaction } from "./transaction.ts";
