import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { systemClock } from "@millrace/base";
import { createEgress, createRegistry, type Registry } from "@millrace/connector-kit";
import {
  createCredentials,
  createIntake,
  createJournal,
  createRepositories,
  createRunControl,
  createRunOutcomes,
  createRunStore,
  createSealedRows,
  createSigningSecrets,
  createVaultKeyCheckRepository,
  type Database,
  openVaults,
} from "@millrace/db";
import type { Recovery, RunObserver, RunStore } from "@millrace/engine";
import { openDoorbell, openLiveEvents, openQueueMetrics, openRingListener, type QueueConfig } from "@millrace/queue";
import type { KeyRing } from "@millrace/vault";
import type { Worker } from "@millrace/worker";
import type { Logger } from "pino";
import type { Config } from "./config.ts";

export type Foundation = { config: Config; database: Database; queue: QueueConfig; ring: KeyRing; log: Logger };

/** Joins the ports to what implements them. Connectors come later (`withConnectors`), because webhooks are taken without. */
export async function openServices({ config, database, queue, ring, log }: Foundation) {
  const { pool, hotPath, prisma } = database;
  const { defaultMaxRunning } = config;
  const vaults = openVaults(isIngressOnly(config) ? ring.narrowTo("ingress-secrets/v1") : ring);
  const egress = createEgress({ allow: config.egressAllow });
  const [doorbell, live, queueMetrics] = await Promise.all([
    openDoorbell(queue, { log }),
    openLiveEvents(queue, { log }),
    openQueueMetrics(queue, { log }),
  ]);
  return {
    ...createRepositories(database, vaults, systemClock, { defaultMaxRunning }),
    credentials: createCredentials(prisma, vaults),
    signingSecrets: createSigningSecrets(prisma, vaults.signingSecrets),
    sealedRows: createSealedRows(pool, vaults, ring.primaryId),
    intake: createIntake(hotPath),
    journal: createJournal(hotPath),
    outcomes: createRunOutcomes(pool),
    runControl: createRunControl(pool),
    store: createRunStore(hotPath, { defaultMaxRunning }),
    defaultMaxRunning,
    egress,
    doorbell,
    live,
    queueMetrics,
    clock: systemClock,
    log,
    async close() {
      await Promise.all([doorbell.close(), live.close(), queueMetrics.close(), egress.close()]);
    },
  };
}

/** Such a process faces the senders and needs no credential but the signing secrets. */
const isIngressOnly = ({ roles }: Config): boolean => !roles.has("api") && !roles.has("worker");

/** An ingress alone calls nobody, so it loads none. */
async function loadConnectors(config: Config): Promise<Parameters<typeof createRegistry>[0]> {
  if (isIngressOnly(config)) return [];
  const { createConnectors } = await import("@millrace/connectors");
  return createConnectors({
    anthropicBaseUrl: config.anthropic.baseUrl,
    anthropicDefaultModel: config.anthropic.defaultModel,
  });
}

export type CoreServices = Awaited<ReturnType<typeof openServices>>;
export type Services = CoreServices & { registry: Registry };

/** What the API and workers need: `services` and the connectors that this process may call. */
export async function withConnectors(services: CoreServices, config: Config): Promise<Services> {
  return { ...services, registry: createRegistry(await loadConnectors(config)) };
}

export type WorkerObservers = {
  observe: RunObserver;
  onRecovery(recovery: Recovery): void;
};

/** The worker role in this process. */
export async function startWorker(
  services: Services,
  queue: QueueConfig,
  concurrency: number,
  observers: WorkerObservers,
): Promise<Worker> {
  const { log } = services;
  const { openWorker } = await import("@millrace/worker");
  return openWorker(
    {
      ...services,
      observe: observers.observe,
      store: observed(services.store, observers),
      workerId: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
      random: Math.random,
      listen: ({ room, onRing }) => openRingListener(queue, { room, onRing, log }),
    },
    { concurrency },
  );
}

function observed(store: RunStore, { observe, onRecovery }: WorkerObservers): RunStore {
  return {
    ...store,
    async recover(limits) {
      const recovery = await store.recover(limits);
      onRecovery(recovery);
      for (const run of recovery.quarantinedRuns) observe.runLeft(run);
      return recovery;
    },
  };
}

/**
 * Compares the key ring with what this database's secrets were sealed with, so that a wrong key is noticed at the start
 * and not at the first credential. Throws VaultKeyMismatch.
 */
export async function checkVaultKeys({ pool }: Database, ring: KeyRing): Promise<void> {
  const checks = createVaultKeyCheckRepository(pool);
  ring.verifyKeyChecks(await checks.load(ring.ids));
  await checks.store(ring.keyChecks());
  ring.verifyKeyChecks(await checks.load(ring.ids));
}
