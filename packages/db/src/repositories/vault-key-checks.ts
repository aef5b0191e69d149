import type { KeyCheck } from "@millrace/vault";
import type { PrismaClient } from "../generated/client.ts";

/** Which key ids this database's secrets were sealed with: `ring.verifyKeyChecks` compares at every start. */
export function createVaultKeyCheckRepository(prisma: PrismaClient) {
  return {
    async load(): Promise<KeyCheck[]> {
      return prisma.vaultKeyCheck.findMany({ select: { kekId: true, check: true }, orderBy: { kekId: "asc" } });
    },

    /** Keeps the rows that are there. Load and verify again afterwards: another process may have been first. */
    async store(checks: readonly KeyCheck[]): Promise<void> {
      await prisma.vaultKeyCheck.createMany({
        data: checks.map(({ kekId, check }) => ({ kekId, check })),
        skipDuplicates: true,
      });
    },
  };
}

export type VaultKeyCheckRepository = ReturnType<typeof createVaultKeyCheckRepository>;
