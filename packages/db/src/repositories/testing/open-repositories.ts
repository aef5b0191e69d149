import type { Definition } from "@millrace/automation";
import { type Clock, newId, systemClock } from "@millrace/base";
import { generateVaultKey, parseVaultKeys } from "@millrace/vault";
import { openDatabase } from "../../open-database.ts";
import { openVaults } from "../connection-vaults.ts";
import { createCredentials } from "../credentials.ts";
import { createRepositories } from "../repositories.ts";
import { createSigningSecrets } from "../signing-secrets.ts";

/** Every repository on one test database, with a vault of its own. */
export async function openRepositories(databaseUrl: string, clock: Clock = systemClock) {
  const database = await openDatabase(databaseUrl, { applicationName: "repositories test", maxConnections: 8 });
  const { prisma } = database;
  const vaults = openVaults(parseVaultKeys(generateVaultKey("k1")));
  const repositories = createRepositories(database, vaults, clock);
  return {
    ...repositories,
    all: repositories,
    prisma,
    vaults,
    credentials: createCredentials(prisma, vaults, clock),
    signingSecrets: createSigningSecrets(prisma, vaults.signingSecrets, clock),

    async newUser(): Promise<string> {
      const id = `user_${newId("workspace")}`;
      await prisma.user.create({ data: { id, name: "Ada", email: `${id}@example.com` } });
      return id;
    },

    async newWorkspace(name = "Workspace"): Promise<string> {
      return (await prisma.workspace.create({ data: { id: newId("workspace"), name } })).id;
    },

    close: () => database.close(),
  };
}

export type TestRepositories = Awaited<ReturnType<typeof openRepositories>>;

/** A webhook that saves a value. */
export function exampleDefinition(changes: Partial<Definition> = {}): Definition {
  return {
    millrace: 1,
    name: "Save the name",
    trigger: { type: "webhook" },
    steps: [{ id: "save", action: "keyvalue.set", input: { key: "name", value: "{{ trigger.body.name }}" } }],
    ...changes,
  };
}
