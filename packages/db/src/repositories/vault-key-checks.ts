import type { KeyCheck } from "@millrace/vault";
import { Prisma, type PrismaClient } from "../generated/client.ts";
import { keyIn } from "./sealed-rows.ts";

/** Which key ids this database's secrets were sealed with: `ring.verifyKeyChecks` compares at every start. */
export function createVaultKeyCheckRepository(prisma: PrismaClient) {
  return {
    /** A key that is not among `held` counts only while something is sealed with it. */
    async load(held: readonly string[]): Promise<KeyCheck[]> {
      const inEndpoint = Prisma.raw(keyIn("e.sealed_token"));
      return prisma.$queryRaw<KeyCheck[]>`
        SELECT k.kek_id AS "kekId", k."check" FROM vault_key_checks k
        WHERE k.kek_id = ANY(${held}::text[])
          OR EXISTS (SELECT 1 FROM connections c WHERE c.kek_id = k.kek_id)
          OR EXISTS (SELECT 1 FROM endpoints e WHERE ${inEndpoint} = k.kek_id)
        ORDER BY k.kek_id`;
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
