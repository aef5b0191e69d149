import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Database, migrate, openDatabase, startEmbeddedPostgres } from "@millrace/db";
import { checkQueue, migrateQueue, type QueueConfig, queueConfig } from "@millrace/queue";
import { type KeyRing, parseVaultKeys } from "@millrace/vault";
import type { Logger } from "pino";
import { startingApp } from "../app.ts";
import type { Config } from "../config.ts";
import type { Ingress } from "../ingress/exchange.ts";
import { listen } from "../listen.ts";
import { checkVaultKeys, openServices } from "../services.ts";
import { awaitDatabase } from "./await-database.ts";
import type { Closers, Manner } from "./closers.ts";
import { giveWay } from "./give-way.ts";
import { createHttpServer } from "./http-server.ts";
import { openRoles } from "./open-roles.ts";
import { settleHeap } from "./settle-heap.ts";
import type { Terminal } from "./terminal.ts";
import { readVaultKeyFile } from "./vault-key-file.ts";

export type BootOptions = {
  config: Config;
  root: string;
  terminal: Terminal;
  startedAt: number;
  log: Logger;
  /** Gets everything that is opened here, also where the start fails half-way. */
  closers: Closers;
};

const answerMs = 10_000;
const stopPostgresMs = 60_000;

/**
 * Takes the port, opens database, queue and vault, starts the roles, and takes webhooks as soon as it can. The end goes the
 * other way: not ready, no new connections, requests under way answered, runs finished or handed back, log, queue, database,
 * and PostgreSQL last.
 */
export async function boot({ config, root, terminal, startedAt, log, closers }: BootOptions): Promise<void> {
  const app = startingApp();
  const http = createHttpServer(app.handle);
  const port = await listen(http.server, config.host, config.port);
  const closeHttp = (manner: Manner) => http.drain(manner === "hurried" ? 0 : answerMs);
  closers.add("port", answerMs + 1_000, closeHttp);
  const url = config.publicUrl ?? `http://${config.host === "0.0.0.0" ? "127.0.0.1" : config.host}:${port}`;
  const notices: string[] = [];
  const ring = openKeyRing(config, notices);
  const databaseUrl = config.databaseUrl ?? (await startEmbedded(config, terminal, log, closers));
  const { database, queue } = await openStores(databaseUrl, config, log, closers);
  await checkVaultKeys(database, ring);
  notices.push(...(await checkQueue(queue)));
  const services = await openServices({ config, database, queue, ring, log });
  closers.add("services", 6_000, services.close);
  closers.add("log", 1_000, () => flush(log));
  const takeHooks = (ingress: Ingress) => {
    closers.add("webhooks", answerMs + 1_000, closeHttp);
    app.takeHooks(ingress);
    http.takePlain(ingress);
  };
  const roles = await openRoles({ config, root, url, services, database, queue, ring, log, closers, takeHooks });
  closers.add("http server", answerMs + 1_000, closeHttp);
  closers.add("readiness", 1_000, async () => roles.refuseTraffic());
  app.become(roles.listener);
  const seconds = (Date.now() - startedAt) / 1_000;
  terminal.ready({ ...(await roles.readFacts()), url, seconds, notices });
  log.info({ url, roles: [...config.roles] }, "ready");
  if (!config.roles.has("ingress") && !config.roles.has("api")) giveWay(log);
  if (config.roles.has("ingress"))
    void http.acceptFaster().catch((err: unknown) => log.warn({ err }, "new connections are taken one by one"));
  await settleHeap();
}

const flush = (log: Logger): Promise<void> => new Promise((resolve) => log.flush(() => resolve()));

function openKeyRing(config: Config, notices: string[]): KeyRing {
  if (config.vaultKeys !== undefined || config.databaseUrl !== undefined) return parseVaultKeys(config.vaultKeys);
  const { keys, path, isNew } = readVaultKeyFile(config.home, existsSync(join(config.home, "postgres")));
  if (isNew) notices.push(`Back up ${path}: without it, stored credentials cannot be opened.`);
  return parseVaultKeys(keys);
}

async function startEmbedded({ home }: Config, terminal: Terminal, log: Logger, closers: Closers): Promise<string> {
  const postgres = await startEmbeddedPostgres({
    home,
    log: (message) => log.info(message),
    onProgress: terminal.step,
  });
  closers.add("PostgreSQL", stopPostgresMs, () => postgres.stop());
  return postgres.url;
}

async function openStores(
  databaseUrl: string,
  config: Config,
  log: Logger,
  closers: Closers,
): Promise<{ database: Database; queue: QueueConfig }> {
  const limitMs = config.databaseWaitMs;
  const database = await awaitDatabase(
    () => openDatabase(databaseUrl, { applicationName: "millrace", maxConnections: 14 }),
    { limitMs, onWait: ({ message }) => log.warn(`waiting up to ${limitMs / 1_000} s: ${message}`) },
  );
  closers.add("database", 5_000, () => database.close());
  await migrate(databaseUrl, {
    onPartitionsLate: (err) =>
      log.warn({ err }, "the coming days' partitions can't be made yet; maintenance tries again"),
  });
  const queue = queueConfig({ databaseUrl, redisUrl: config.redisUrl, shards: config.queueShards });
  await migrateQueue(queue);
  return { database, queue };
}
