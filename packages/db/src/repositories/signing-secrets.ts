import { signingSecretConnectorId } from "@millrace/automation";
import { type Clock, systemClock } from "@millrace/base";
import { type Vault, VaultError } from "@millrace/vault";
import type { PrismaClient } from "../generated/client.ts";
import { storedText } from "../stored-text.ts";
import { touchConnection } from "./connection-repository.ts";
import { readJson } from "./json-column.ts";

/** An entry of the keyvault as ingress needs it; an empty value never verifies anything. */
export type SigningSecret = {
  name: string;
  value: string;
  /** Why there is no value, for the endpoint's owner. */
  fault?: string;
};

export interface SigningSecrets {
  /** In the order of the names. An entry that is missing, empty or can't be opened comes with an empty value. */
  open(workspaceId: string, names: readonly string[]): Promise<SigningSecret[]>;
}

const rereadUseMs = 60_000;

/** The secrets that webhook triggers name. `vault` seals nothing else, so whoever reads this opens no other credential. */
export function createSigningSecrets(prisma: PrismaClient, vault: Vault, clock: Clock = systemClock): SigningSecrets {
  return {
    async open(workspaceId, names) {
      const rows = await prisma.connection.findMany({
        where: { workspaceId, connectorId: signingSecretConnectorId, name: { in: names.map(storedText) } },
        select: { id: true, name: true, version: true, sealedJson: true, lastUsedAt: true },
      });
      const now = clock.now();
      const used = rows.filter(({ lastUsedAt }) => !lastUsedAt || now.getTime() - lastUsedAt.getTime() >= rereadUseMs);
      await Promise.all(used.map(({ id }) => touchConnection(prisma, workspaceId, id, now)));
      const byName = new Map(rows.map((row) => [row.name, row]));
      return names.map((name) => {
        const row = byName.get(storedText(name));
        if (!row) return { name, value: "", fault: `The keyvault has no webhook signing secret named ${name}.` };
        return unseal(vault, workspaceId, name, row);
      });
    },
  };
}

type SealedRow = { id: string; version: number; sealedJson: string };

function unseal(vault: Vault, workspaceId: string, name: string, row: SealedRow): SigningSecret {
  try {
    const owner = { workspaceId, connectionId: row.id, version: row.version };
    // A line break comes along when a secret is pasted.
    const value = (vault.unseal(owner, readJson(row.sealedJson)).secret ?? "").trim();
    return value === "" ? { name, value, fault: `The webhook signing secret ${name} is empty.` } : { name, value };
  } catch (error) {
    const why = error instanceof VaultError ? error.message : "Its record can't be read.";
    return { name, value: "", fault: `The webhook signing secret ${name} can't be opened. ${why}` };
  }
}
