import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { type Database, migrate, openDatabase, startEmbeddedPostgres } from "@millrace/db";
import { checkQueue, migrateQueue, type QueueConfig, queueConfig } from "@millrace/queue";
import { type KeyRing, parseVaultKeys } from "@millrace/vault";
import type { Logger } from "pino";
import { serverOptions, startingApp } from "../app.ts";
import type { Config } from "../config.ts";
import { listen } from "../listen.ts";
import { checkVaultKeys, openServices } from "../services.ts";
import { createClosers } from "./closers.ts";
import { createLogger } from "./logger.ts";
import { openRoles } from "./open-roles.ts";
import type { Terminal } from "./terminal.ts";
import { readVaultKeyFile } from "./vault-key-file.ts";

export type BootOptions = { config: Config; root: string; terminal: Terminal; startedAt: number };
export type Running = { url: string; log: Logger; close(): Promise<void> };

/** Takes the port, opens database, queue and vault, starts the roles. On any error closes what was open already. */
export async function boot({ config, root, terminal, startedAt }: BootOptions): Promise<Running> {
  const isEmbedded = config.databaseUrl === undefined;
  const log = createLogger(config.logLevel, isEmbedded ? config.home : undefined);
  const closers = createClosers(log);
  try {
    const app = startingApp();
    const server = createServer(serverOptions, app.handle);
    const port = await listen(server, config.host, config.port);
    closers.add("http server", async () => {
      server.close();
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 10_000).unref();
    });
    const url = config.publicUrl ?? `http://${config.host === "0.0.0.0" ? "127.0.0.1" : config.host}:${port}`;
    const notices: string[] = [];
    const ring = openKeyRing(config, notices);
    const databaseUrl = config.databaseUrl ?? (await startEmbedded(config, terminal, log, closers));
    const { database, queue } = await openStores(databaseUrl, config, closers);
    await checkVaultKeys(database, ring);
    notices.push(...(await checkQueue(queue)));
    const services = await openServices({ config, database, queue, ring, log });
    closers.add("services", services.close);
    const { listener, ready } = await openRoles({ config, root, url, services, database, queue, ring, log, closers });
    app.become(listener);
    terminal.ready({ ...ready, url, seconds: (Date.now() - startedAt) / 1_000, notices });
    log.info({ url, roles: [...config.roles] }, "ready");
    return { url, log, close: closers.close };
  } catch (error) {
    await closers.close();
    throw error;
  }
}

function openKeyRing(config: Config, notices: string[]): KeyRing {
  if (config.vaultKeys !== undefined || config.databaseUrl !== undefined) return parseVaultKeys(config.vaultKeys);
  const { keys, path, isNew } = readVaultKeyFile(config.home, existsSync(join(config.home, "postgres")));
  if (isNew) notices.push(`Back up ${path}: without it, stored credentials cannot be opened.`);
  return parseVaultKeys(keys);
}

async function startEmbedded(
  { home }: Config,
  terminal: Terminal,
  log: Logger,
  closers: ReturnType<typeof createClosers>,
): Promise<string> {
  const postgres = await startEmbeddedPostgres({
    home,
    log: (message) => log.info(message),
    onProgress: terminal.step,
  });
  closers.add("PostgreSQL", () => postgres.stop());
  return postgres.url;
}

async function openStores(
  databaseUrl: string,
  config: Config,
  closers: ReturnType<typeof createClosers>,
): Promise<{ database: Database; queue: QueueConfig }> {
  const database = await openDatabase(databaseUrl, { applicationName: "millrace", maxConnections: 20 });
  closers.add("database", () => database.close());
  await migrate(databaseUrl);
  const queue = queueConfig({ databaseUrl, redisUrl: config.redisUrl });
  await migrateQueue(queue);
  return { database, queue };
}
