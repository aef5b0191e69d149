import type { KeyCheck } from "@millrace/vault";
import type pg from "pg";
import { keyIn } from "./sealed-rows.ts";

/**
 * Which key ids this database's secrets were sealed with: `ring.verifyKeyChecks` compares at every start. Not through Prisma, whose
 * engine an ingress would load for these two statements alone.
 */
export function createVaultKeyCheckRepository(pool: pg.Pool) {
  return {
    /** A key that is not among `held` counts only while something is sealed with it. */
    async load(held: readonly string[]): Promise<KeyCheck[]> {
      const { rows } = await pool.query<KeyCheck>(
        `SELECT k.kek_id AS "kekId", k."check" FROM vault_key_checks k
         WHERE k.kek_id = ANY($1::text[])
           OR EXISTS (SELECT 1 FROM connections c WHERE c.kek_id = k.kek_id)
           OR EXISTS (SELECT 1 FROM endpoints e WHERE ${keyIn("e.sealed_token")} = k.kek_id)
         ORDER BY k.kek_id`,
        [held],
      );
      return rows;
    },

    /** Keeps the rows that are there. Load and verify again afterwards: another process may have been first. */
    async store(checks: readonly KeyCheck[]): Promise<void> {
      await pool.query(
        `INSERT INTO vault_key_checks (kek_id, "check") SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING`,
        [checks.map(({ kekId }) => kekId), checks.map(({ check }) => check)],
      );
    },
  };
}

export type VaultKeyCheckRepository = ReturnType<typeof createVaultKeyCheckRepository>;
