import { type Clock, systemClock } from "@millrace/base";
import type { Database } from "../open-database.ts";
import { createApiKeyRepository } from "./api-key-repository.ts";
import { createAutomationRepository } from "./automation-repository.ts";
import { createConnectionRepository } from "./connection-repository.ts";
import type { ConnectionVaults } from "./connection-vaults.ts";
import { createDeliveryRepository } from "./delivery-repository.ts";
import { createEndpointRepository } from "./endpoint-repository.ts";
import { createKeyValueRepository } from "./key-value-repository.ts";
import { createRunRepository, type RunRepositoryOptions } from "./run-repository.ts";
import { createSetupRepository } from "./setup-repository.ts";
import { createVersionRepository } from "./version-repository.ts";
import { createWorkspaceRepository } from "./workspace-repository.ts";

/** All of them on one pool. Nothing here opens a connection's secrets: that is `createCredentials`, for the worker. */
export function createRepositories(
  { prisma, pool }: Pick<Database, "prisma" | "pool">,
  vaults: ConnectionVaults,
  clock: Clock = systemClock,
  runOptions: RunRepositoryOptions = {},
) {
  const vault = vaults.credentials;
  return {
    workspaces: createWorkspaceRepository(prisma),
    setup: createSetupRepository(prisma, clock),
    apiKeys: createApiKeyRepository(prisma, clock),
    automations: createAutomationRepository(prisma, vault, clock),
    versions: createVersionRepository(prisma),
    endpoints: createEndpointRepository({ prisma, pool }, vault, clock),
    connections: createConnectionRepository(prisma, vaults, clock),
    keyValues: createKeyValueRepository(pool),
    runs: createRunRepository(prisma, runOptions),
    deliveries: createDeliveryRepository(prisma),
  };
}

export type Repositories = ReturnType<typeof createRepositories>;
