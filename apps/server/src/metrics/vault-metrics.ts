import type { SealedRowCount } from "@millrace/db";
import { Gauge, type Registry } from "prom-client";
import { kept } from "./kept.ts";

export type VaultReadings = { keyIds: readonly string[]; countByKey(): Promise<SealedRowCount[]> };

const keptMs = 10_000;
const limitMs = 2_000;

/** While keys are changed: the old one may go when its rows are 0, and no backup is kept that needs it. */
export function createVaultMetrics(registry: Registry, { keyIds, countByKey }: VaultReadings): void {
  const readCounts = kept(countByKey, keptMs, limitMs);
  new Gauge({
    name: "millrace_vault_rows",
    help: "Sealed credentials and webhook URLs of the installation, by the vault key that wraps them",
    labelNames: ["kek"],
    registers: [registry],
    async collect() {
      this.reset();
      const counts = await readCounts();
      if (!counts) return;
      for (const kek of keyIds) this.set({ kek }, 0);
      for (const { kekId, rows } of counts) this.set({ kek: kekId }, rows);
    },
  });
}
