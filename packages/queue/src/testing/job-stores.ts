import {
  openEmptyDatabase,
  startTestRedis,
  startTestRedisCluster,
  type TestRedis,
  type TestRedisCluster,
} from "@millrace/testing";
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
  { name: "PostgreSQL", open: openPostgres, endsByItself: true },
  { name: "Redis", open: openRedis, endsByItself: true },
  // Closed in the middle of a reconnection, one of BullMQ's own connections to a cluster goes on trying. A server exits nevertheless.
  { name: "a Redis Cluster", open: openRedisCluster, endsByItself: false },
];

/** It takes seconds to become one, so the tests of a file share it. */
let cluster: Promise<TestRedisCluster> | undefined;

export async function closeSharedStores(): Promise<void> {
  await (await cluster)?.stop();
  cluster = undefined;
}

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
  return storeOn(redis, [redis]);
}

async function openRedisCluster(): Promise<TestStore> {
  cluster ??= startTestRedisCluster();
  const opened = await cluster;
  const store = storeOn(opened, opened.nodes);
  return { ...store, close: store.wipe };
}

function storeOn(redis: TestRedis, nodes: readonly TestRedis[]): TestStore {
  const toEach = async (...command: [string, ...string[]]) => {
    await Promise.all(
      nodes.map(async ({ url }) => {
        const client = new Redis(url);
        await client.call(...command).finally(() => client.disconnect());
      }),
    );
  };
  return {
    config: queueConfig({ databaseUrl: "postgres://unused", redisUrl: redis.url }),
    goDown: redis.kill,
    comeBack: redis.restart,
    freeze: redis.pause,
    thaw: redis.resume,
    breakConnections: () => toEach("CLIENT", "KILL", "SKIPME", "yes"),
    wipe: () => toEach("FLUSHALL"),
    close: redis.stop,
  };
}
