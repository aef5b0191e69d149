import { openTestDatabase } from "@millrace/testing";
import { generateVaultKey, parseVaultKeys, VaultKeyMismatch } from "@millrace/vault";
import { expect, test } from "vitest";
import { exampleDefinition, openRepositories } from "./testing/open-repositories.ts";
import { createVaultKeyCheckRepository } from "./vault-key-checks.ts";

test("a key that is gone is asked for while a row is sealed with it, and no longer", async () => {
  const database = await openTestDatabase();
  const { connections, automations, newWorkspace, close } = await openRepositories(database.url);
  try {
    const checks = createVaultKeyCheckRepository(database.pool);
    await checks.store(parseVaultKeys(generateVaultKey("k1")).keyChecks());
    const missing = async () => (await checks.load(["k2"])).map(({ kekId }) => kekId);
    expect(await missing()).toEqual([]);
    const workspaceId = await newWorkspace();
    const credential = { apiKey: "sk-1234567890" };
    const { id } = await connections.create({
      ...{ workspaceId, connectorId: "anthropic", name: "main", credential, plainFields: [] },
    });
    expect(await missing()).toEqual(["k1"]);
    await connections.remove(workspaceId, id);
    expect(await missing()).toEqual([]);
    await automations.create({ workspaceId, definition: exampleDefinition() });
    expect(await missing()).toEqual(["k1"]);
  } finally {
    await close();
    await database.close();
  }
});

test("stored checks accept the keys that made them and refuse others of the same id", async () => {
  const database = await openTestDatabase();
  const { close } = await openRepositories(database.url);
  try {
    const checks = createVaultKeyCheckRepository(database.pool);
    expect(await checks.load(["k1"])).toEqual([]);
    const key = generateVaultKey("k1");
    await checks.store(parseVaultKeys(key).keyChecks());
    await checks.store(parseVaultKeys(generateVaultKey("k1")).keyChecks());
    parseVaultKeys(`${generateVaultKey("k2")},${key}`).verifyKeyChecks(await checks.load(["k1"]));
    const stored = await checks.load(["k1"]);
    expect(() => parseVaultKeys(generateVaultKey("k1")).verifyKeyChecks(stored)).toThrow(VaultKeyMismatch);
  } finally {
    await close();
    await database.close();
  }
});
