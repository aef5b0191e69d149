import { systemClock } from "@millrace/base";
import { createEgress, createRegistry } from "@millrace/connector-kit";
import { createConnectors } from "@millrace/connectors";
import { createCredentials, createJournal, createRunStore, openVaults } from "@millrace/db";
import { createPlanCache, createRunPool } from "@millrace/engine";
import { generateVaultKey, parseVaultKeys } from "@millrace/vault";
import type { TestIngress } from "./open-test-ingress.fixture.ts";

/** A worker that takes whatever an ingress rings for; `isSilent` loses every live event on the way. */
export function openTestWorker({ database, versions, onRing, watchers }: TestIngress, { isSilent = false } = {}) {
  const { hotPath, prisma } = database;
  const egress = createEgress({ allow: ["127.0.0.0/8"] });
  const log = { info() {}, warn() {}, error() {} };
  const runs = createRunPool(createRunStore(hotPath), {
    workerId: "test-worker",
    journal: createJournal(hotPath),
    plans: createPlanCache(versions),
    credentials: createCredentials(prisma, openVaults(parseVaultKeys(generateVaultKey("k1")))),
    registry: createRegistry(createConnectors({ anthropicDefaultModel: "claude-test" })),
    egress,
    doorbell: { ring: async () => undefined },
    live: {
      publish(event) {
        if (!isSilent) for (const watcher of watchers) watcher(event);
      },
    },
    clock: systemClock,
    random: Math.random,
    log,
  });
  const take = (runIds: readonly string[]) => void runs.take(runIds);
  onRing.add(take);
  return {
    takeAny: () => runs.takeAny(),
    async close() {
      onRing.delete(take);
      await runs.drain(5_000);
      await egress.close();
    },
  };
}
