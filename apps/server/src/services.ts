import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { systemClock } from "@millrace/base";
import { createEgress, createRegistry } from "@millrace/connector-kit";
import { createConnectors } from "@millrace/connectors";
import {
  createCredentials,
  createIntake,
  createJournal,
  createRepositories,
  createRunControl,
  createRunStore,
  createVaultKeyCheckRepository,
  type Database,
} from "@millrace/db";
import { openDoorbell, openLiveEvents, openQueueMetrics, openRingListener, type QueueConfig } from "@millrace/queue";
import { createVault, type KeyRing } from "@millrace/vault";
import { openWorker, type Worker } from "@millrace/worker";
import type { Logger } from "pino";
import type { Config } from "./config.ts";

export type Foundation = { config: Config; database: Database; queue: QueueConfig; ring: KeyRing; log: Logger };

/** Joins the ports to what implements them. */
export async function openServices({ config, database, queue, ring, log }: Foundation) {
  const { pool, prisma } = database;
  const vault = createVault(ring);
  const egress = createEgress({ allow: config.egressAllow });
  const registry = createRegistry(
    createConnectors({
      anthropicBaseUrl: config.anthropic.baseUrl,
      anthropicDefaultModel: config.anthropic.defaultModel,
    }),
  );
  const [doorbell, live, queueMetrics] = await Promise.all([
    openDoorbell(queue, { log }),
    openLiveEvents(queue, { log }),
    openQueueMetrics(queue, { log }),
  ]);
  return {
    ...createRepositories(database, vault),
    credentials: createCredentials(prisma, vault),
    intake: createIntake(pool),
    journal: createJournal(pool),
    runControl: createRunControl(pool),
    store: createRunStore(pool),
    registry,
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

export type Services = Awaited<ReturnType<typeof openServices>>;

/** The worker role in this process. */
export async function startWorker(services: Services, queue: QueueConfig, concurrency: number): Promise<Worker> {
  const { log } = services;
  return openWorker(
    {
      ...services,
      workerId: `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`,
      random: Math.random,
      listen: ({ room, onRing }) => openRingListener(queue, { room, onRing, log }),
    },
    { concurrency },
  );
}

/**
 * Compares the key ring with what this database's secrets were sealed with, so that a wrong key is noticed at the start
 * and not at the first credential. Throws VaultKeyMismatch.
 */
export async function checkVaultKeys({ prisma }: Database, ring: KeyRing): Promise<void> {
  const checks = createVaultKeyCheckRepository(prisma);
  ring.verifyKeyChecks(await checks.load());
  await checks.store(ring.keyChecks());
  ring.verifyKeyChecks(await checks.load());
}
