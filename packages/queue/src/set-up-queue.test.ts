import { openEmptyDatabase, startTestRedis, startTestRedisCluster } from "@millrace/testing";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { openDoorbell } from "./doorbell.ts";
import { queueConfig } from "./queue-config.ts";
import { openQueueMetrics } from "./queue-metrics.ts";
import { checkQueue, migrateQueue } from "./set-up-queue.ts";
import { logLines } from "./testing/log-lines.ts";

const databaseUrl = "postgres://127.0.0.1:1/nothing-listens-here";

test("any number of processes may migrate one database at once", async () => {
  const database = await openEmptyDatabase();
  const config = queueConfig({ databaseUrl: database.url });
  await Promise.all(Array.from({ length: 5 }, () => migrateQueue(config)));
  const { rows } = await database.pool.query(
    "select count(*)::int as tables from pg_tables where schemaname = 'bullmq'",
  );
  expect(rows[0].tables).toBeGreaterThan(0);
  expect(await checkQueue(config)).toEqual([]);
  await database.close();
});

test("a database that was never migrated is, by the first who needs it", async () => {
  const database = await openEmptyDatabase();
  const config = queueConfig({ databaseUrl: database.url });
  const log = logLines();
  const [doorbell, metrics] = await Promise.all([openDoorbell(config, { log }), openQueueMetrics(config, { log })]);
  await doorbell.ring("ws_a", ["run_a"]);
  expect(await metrics.count()).toEqual({ waiting: 1, active: 0, delayed: 0 });
  expect(log.lines).toEqual([]);
  await Promise.all([doorbell.close(), metrics.close()]);
  await database.close();
});

test("a database URL may carry options of its own", async () => {
  const database = await openEmptyDatabase();
  const url = new URL(database.url);
  url.searchParams.set("options", "-c statement_timeout=5000");
  const log = logLines();
  const doorbell = await openDoorbell(queueConfig({ databaseUrl: url.href }), { log });
  await doorbell.ring("ws_a", ["run_a"]);
  expect(log.lines).toEqual([]);
  const { rows } = await database.pool.query("select count(*)::int as jobs from bullmq.job");
  expect(rows[0].jobs).toBe(1);
  await doorbell.close();
  await database.close();
});

test("the metrics of a store that is away are undefined, and the log does not show its password", async () => {
  const log = logLines();
  const metrics = await openQueueMetrics(queueConfig({ databaseUrl, redisUrl: "redis://:hunter2@127.0.0.1:1" }), {
    log,
  });
  expect(await metrics.count()).toBeUndefined();
  expect(log.lines.join()).toContain("queue metrics");
  expect(log.lines.join()).not.toContain("hunter2");
  await metrics.close();
});

test("a Redis that evicts keys or keeps no file is named, with what to set", async () => {
  const redis = await startTestRedis();
  const config = queueConfig({ databaseUrl, redisUrl: redis.url });
  expect(await checkQueue(config)).toEqual([]);
  const client = new Redis(redis.url);
  await client.config("SET", "maxmemory-policy", "allkeys-lru");
  await client.config("SET", "appendonly", "no");
  client.disconnect();
  expect(await checkQueue(config)).toEqual([
    expect.stringContaining("maxmemory-policy noeviction"),
    expect.stringContaining("appendonly yes"),
  ]);
  await redis.stop();
  expect(await checkQueue(config)).toEqual([expect.stringContaining("could not be checked")]);
});

test("on a Redis Cluster the shards lie on several nodes, and a single node of it is no address", async () => {
  const cluster = await startTestRedisCluster();
  const log = logLines();
  const config = queueConfig({ databaseUrl, redisUrl: cluster.url, shards: 8 });
  const doorbell = await openDoorbell(config, { log });
  await Promise.all(Array.from({ length: 50 }, (_, index) => doorbell.ring(`ws_${index}`, [`run_${index}`])));
  const sizes = await Promise.all(
    cluster.nodes.map(async ({ url }) => {
      const client = new Redis(url);
      return client.dbsize().finally(() => client.disconnect());
    }),
  );
  expect(Math.min(...sizes)).toBeGreaterThan(0);
  expect(log.lines).toEqual([]);
  expect(await checkQueue(config)).toEqual([]);
  expect(await checkQueue({ ...config, shards: 1 })).toEqual([expect.stringContaining("QUEUE_SHARDS")]);
  expect(await checkQueue({ ...config, url: cluster.nodes[0]?.url ?? "" })).toEqual([
    expect.stringContaining("name several of its nodes in REDIS_URL"),
  ]);
  await doorbell.close();
  await cluster.stop();
});

test("several servers that are no cluster are named", async () => {
  const servers = await Promise.all([startTestRedis(), startTestRedis()]);
  const redisUrl = servers.map(({ url }) => url).join(",");
  expect(await checkQueue(queueConfig({ databaseUrl, redisUrl }))).toEqual(
    servers.map(({ url }) => expect.stringContaining(`${new URL(url).host} is no node of a Redis Cluster`)),
  );
  await Promise.all(servers.map((server) => server.stop()));
});
