import { Queue, Relay, Worker } from "bullmq";
import type { RedisOptions } from "ioredis";
import { findMisconfigurations } from "./check-redis.ts";
import { connectRedis, type RedisConnection } from "./redis-connection.ts";
import { type JobStore, type RingData, relayTimes, ringDefaults, shortStreams, workerTimes } from "./store-port.ts";
import { within } from "./within.ts";

const prefix = "millrace";

/** A command that can't be sent now fails now: nobody waits for a ring. */
const failFast: RedisOptions = {
  maxRetriesPerRequest: 1,
  enableOfflineQueue: false,
  connectTimeout: 1_000,
};
/** BullMQ requires it of workers: they wait for the store to come back. */
const waitForStore: RedisOptions = { maxRetriesPerRequest: null };

/** Jobs in a Redis, or in a Redis Cluster, under the key prefix `millrace`. We own the connections, so that closing works while Redis is away. */
export function redisStore(urls: string): JobStore {
  const connect = (options: RedisOptions, name: string, onError: (error: unknown) => void) => {
    const connection = connectRedis(urls, { ...options, connectionName: `millrace-${name}` });
    connection.client.on("error", onError);
    return connection;
  };
  return {
    ringSpacingMs: 0,
    prepare: async () => undefined,
    isWiped: () => false,
    findMisconfigurations: () => findMisconfigurations(urls),
    newQueue({ shard, onError }) {
      const connection = connect(failFast, "doorbell", onError);
      const settings = {
        connection: connection.client,
        prefix,
        defaultJobOptions: ringDefaults,
        streams: shortStreams,
      };
      const queue = new Queue(queueName(shard), settings);
      queue.on("error", onError);
      return {
        waitUntilReady: () => queue.waitUntilReady(),
        close: () => closeWith(connection, () => queue.close()),
        add: async (jobs) => void (await queue.addBulk([...jobs])),
        count: async () => {
          const { waiting = 0, active = 0, delayed = 0 } = await queue.getJobCounts("waiting", "active", "delayed");
          return { waiting, active, delayed };
        },
      };
    },
    newWorker({ shard, concurrency, process, onFetched, onFailed, onError }) {
      const connection = connect(waitForStore, "ring-listener", onError);
      const settings = { connection: connection.client, prefix, autorun: false, concurrency, ...workerTimes };
      const worker = new Worker<RingData>(queueName(shard), (job, token = "") => process(job, token), settings);
      worker.on("error", onError);
      worker.on("active", onFetched);
      worker.on("failed", (job) => job && onFailed(job));
      return {
        waitUntilReady: () => worker.waitUntilReady(),
        close: () => closeWith(connection, (isAway) => worker.close(isAway)),
        run: () => worker.run(),
        pause: () => void worker.pause(true),
        resume: () => void worker.resume(),
        isPaused: () => worker.isPaused(),
        ping: async () => void (await worker.backend.getCounts(["active"])),
      };
    },
    newRelay(onError) {
      const connection = connect(failFast, "live-events", onError);
      const relay = new Relay({ ...relayTimes, prefix, connection: connection.client });
      relay.on("error", onError);
      return {
        waitUntilReady: () => relay.waitUntilReady(),
        close: () => closeWith(connection, () => relay.close()),
        publish: (topic, data, options) => relay.publish(topic, data, options),
        subscribe: (pattern, listener) => relay.subscribe(pattern, listener),
        getPatterns: (start, end) => relay.getPatterns(start, end),
      };
    },
  };
}

/**
 * ioredis answers nothing that waits for a reconnection once that is given up, and BullMQ waits for it. So while Redis is
 * away BullMQ gets half a second; by then it holds nothing that keeps a process alive.
 */
async function closeWith({ client, end }: RedisConnection, close: (isAway: boolean) => Promise<void>): Promise<void> {
  const isAway = client.status !== "ready";
  if (isAway) end();
  try {
    await (isAway ? within(500, "closing", close(isAway)).catch(() => undefined) : close(isAway));
  } finally {
    end();
  }
}

/** The braces make a queue one hash slot of a Redis Cluster, so that shards spread over its nodes. */
function queueName(shard: number): string {
  return `{runs-${shard}}`;
}
