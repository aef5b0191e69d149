import { type Clock, Failure, systemClock } from "@millrace/base";
import type { Credentials } from "@millrace/engine";
import { type Vault, VaultError } from "@millrace/vault";
import type { PrismaClient } from "../generated/client.ts";
import { storedText } from "../stored-text.ts";
import type { ConnectionField } from "./connection-fields.ts";
import { storeHealth, touchConnection } from "./connection-repository.ts";
import { type ConnectionVaults, vaultFor } from "./connection-vaults.ts";
import { readJson } from "./json-column.ts";

const rereadUseMs = 60_000;

/** The only way to a secret: opens a connection for one step, just in time, and keeps nothing. */
export function createCredentials(
  prisma: PrismaClient,
  vaults: ConnectionVaults,
  clock: Clock = systemClock,
): Credentials {
  return {
    async open(workspaceId, connectorId, name) {
      const row = await prisma.connection.findUnique({
        where: { workspaceId_connectorId_name: { workspaceId, connectorId, name: storedText(name) } },
      });
      if (!row) throw missing(connectorId, name);
      const { id, version } = row;
      const vault = vaultFor(vaults, connectorId);
      const fields = unseal(vault, { workspaceId, connectionId: id, version }, row.sealedJson, name);
      const now = clock.now();
      if (!row.lastUsedAt || now.getTime() - row.lastUsedAt.getTime() >= rereadUseMs) {
        await touchConnection(prisma, workspaceId, id, now);
      }
      const secrets = secretsOf(fields, readJson(row.fieldsJson));
      return { connectionId: id, version, isFailing: row.health === "failing", fields, secrets };
    },

    async recordUse(workspaceId, { connectionId: id, version }, failure) {
      const outcome = failure ? ({ status: "failing", failure } as const) : ({ status: "ok", account: null } as const);
      await storeHealth(prisma, { workspaceId, id, version, outcome }, clock.now());
    },
  };
}

function missing(connectorId: string, name: string): Failure {
  return new Failure("connection_missing", `This workspace has no ${connectorId} connection named "${name}".`, {
    advice:
      "Add it on the connector's page in the keyvault, or choose another connection in this step. Then retry the run.",
    facts: { connectorId, connection: name },
  });
}

function unseal(
  vault: Vault,
  owner: { workspaceId: string; connectionId: string; version: number },
  json: string,
  name: string,
) {
  try {
    return vault.unseal(owner, readJson(json));
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    throw new Failure(
      "connection_missing",
      `The credential of connection "${name}" can't be opened. ${error.message}`,
      {
        advice:
          "Enter the credential again on the connection's page, or give the server back the vault key that sealed it.",
        facts: { connection: name },
        cause: error,
      },
    );
  }
}

/** A field counts as a secret unless its record says that it is none. */
function secretsOf(
  fields: Readonly<Record<string, string>>,
  shown: Readonly<Record<string, ConnectionField>>,
): string[] {
  const isPlain = (name: string) => Object.hasOwn(shown, name) && shown[name]?.isSecret === false;
  return Object.entries(fields)
    .filter(([name]) => !isPlain(name))
    .map(([, value]) => value);
}
