import { openTestDatabase } from "@millrace/testing";
import { generateVaultKey, parseVaultKeys, VaultKeyMismatch } from "@millrace/vault";
import { expect, test } from "vitest";
import { openRepositories } from "./testing/open-repositories.ts";
import { createVaultKeyCheckRepository } from "./vault-key-checks.ts";

test("stored checks accept the keys that made them and refuse others of the same id", async () => {
  const database = await openTestDatabase();
  const { prisma, close } = await openRepositories(database.url);
  try {
    const checks = createVaultKeyCheckRepository(prisma);
    expect(await checks.load()).toEqual([]);
    const key = generateVaultKey("k1");
    await checks.store(parseVaultKeys(key).keyChecks());
    await checks.store(parseVaultKeys(generateVaultKey("k1")).keyChecks());
    parseVaultKeys(`${generateVaultKey("k2")},${key}`).verifyKeyChecks(await checks.load());
    const stored = await checks.load();
    expect(() => parseVaultKeys(generateVaultKey("k1")).verifyKeyChecks(stored)).toThrow(VaultKeyMismatch);
  } finally {
    await close();
    await database.close();
  }
});
