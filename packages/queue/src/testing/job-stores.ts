import { openEmptyDatabase, startTestRedis } from "@millrace/testing";
import { Redis } from "ioredis";
import pg from "pg";
import { type QueueConfig, queueConfig } from "../queue-config.ts";
import { migrateQueue } from "../set-up-queue.ts";
import { startTcpProxy } from "./tcp-proxy.ts";

/** A real store of jobs that can be made to fail. */
export type TestStore = {
  config: QueueConfig;
  /** Nothing listens there any more. */
  goDown(): Promise<void>;
  comeBack(): Promise<void>;
  /** It accepts everything and answers nothing. */
  freeze(): void;
  thaw(): void;
  /** Breaks every connection, and accepts new ones at once. */
  breakConnections(): Promise<void>;
  /** Everything that is kept in it is gone. */
  wipe(): Promise<void>;
  close(): Promise<void>;
};

export const jobStores = [
  { name: "PostgreSQL", open: openPostgres },
  { name: "Redis", open: openRedis },
];

async function openPostgres(): Promise<TestStore> {
  const database = await openEmptyDatabase();
  const direct = new URL(database.url);
  const proxy = await startTcpProxy({ host: direct.hostname, port: Number(direct.port) });
  const proxied = new URL(database.url);
  proxied.port = String(proxy.port);
  const config = queueConfig({ databaseUrl: proxied.href });
  await migrateQueue(config);
  const run = async (sql: string) => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  return {
    config,
    goDown: proxy.goDown,
    comeBack: proxy.comeBack,
    freeze: proxy.freeze,
    thaw: proxy.thaw,
    breakConnections: () =>
      run(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
      ),
    wipe: () => run("drop schema bullmq cascade"),
    async close() {
      await proxy.close();
      await database.close();
    },
  };
}

async function openRedis(): Promise<TestStore> {
  const redis = await startTestRedis();
  const run = async (...command: [string, ...string[]]) => {
    const client = new Redis(redis.url);
    await client.call(...command).finally(() => client.disconnect());
  };
  return {
    config: queueConfig({ databaseUrl: "postgres://unused", redisUrl: redis.url }),
    goDown: redis.kill,
    comeBack: redis.restart,
    freeze: redis.pause,
    thaw: redis.resume,
    breakConnections: () => run("CLIENT", "KILL", "SKIPME", "yes"),
    wipe: () => run("FLUSHALL"),
    close: redis.stop,
  };
}
