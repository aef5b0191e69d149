import { Queue, Relay, Worker } from "bullmq";
import { Redis, type RedisOptions } from "ioredis";
import { type JobStore, type RingData, relayTimes, ringDefaults, shortStreams, workerTimes } from "./store-port.ts";
import { within } from "./within.ts";

const prefix = "millrace";

/** Soon, but not as fast as it goes: a Redis that starts has enough to do. */
const retryStrategy = (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 5), 1_000);

/** A command that can't be sent now fails now: nobody waits for a ring. */
const failFast: RedisOptions = {
  maxRetriesPerRequest: 1,
  enableOfflineQueue: false,
  connectTimeout: 1_000,
  retryStrategy,
};
/** BullMQ requires it of workers: they wait for the store to come back. */
const waitForStore: RedisOptions = { maxRetriesPerRequest: null, retryStrategy };

/** Jobs in Redis under the key prefix `millrace`. We own the connections, so that closing works while Redis is away. */
export function redisStore(url: string): JobStore {
  const connect = (options: RedisOptions, name: string, onError: (error: unknown) => void) => {
    const client = new Redis(url, { ...options, connectionName: `millrace-${name}` });
    client.on("error", onError);
    return client;
  };
  return {
    ringSpacingMs: 0,
    prepare: async () => undefined,
    isWiped: () => false,
    findMisconfigurations: () => findMisconfigurations(url),
    newQueue({ shard, onError }) {
      const client = connect(failFast, "doorbell", onError);
      const settings = { connection: client, prefix, defaultJobOptions: ringDefaults, streams: shortStreams };
      const queue = new Queue(queueName(shard), settings);
      queue.on("error", onError);
      return {
        waitUntilReady: () => queue.waitUntilReady(),
        close: () => closeWith(client, () => queue.close()),
        add: async (jobs) => void (await queue.addBulk([...jobs])),
        count: async () => {
          const { waiting = 0, active = 0, delayed = 0 } = await queue.getJobCounts("waiting", "active", "delayed");
          return { waiting, active, delayed };
        },
      };
    },
    newWorker({ shard, concurrency, process, onFetched, onFailed, onError }) {
      const client = connect(waitForStore, "ring-listener", onError);
      const settings = { connection: client, prefix, autorun: false, concurrency, ...workerTimes };
      const worker = new Worker<RingData>(queueName(shard), (job, token = "") => process(job, token), settings);
      worker.on("error", onError);
      worker.on("active", onFetched);
      worker.on("failed", (job) => job && onFailed(job));
      return {
        waitUntilReady: () => worker.waitUntilReady(),
        close: () => closeWith(client, (isAway) => worker.close(isAway)),
        run: () => worker.run(),
        pause: () => void worker.pause(true),
        resume: () => void worker.resume(),
        isPaused: () => worker.isPaused(),
        ping: async () => void (await worker.backend.getCounts(["active"])),
      };
    },
    newRelay(onError) {
      const client = connect(failFast, "live-events", onError);
      const relay = new Relay({ ...relayTimes, prefix, connection: client });
      relay.on("error", onError);
      return {
        waitUntilReady: () => relay.waitUntilReady(),
        close: () => closeWith(client, () => relay.close()),
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
async function closeWith(client: Redis, close: (isAway: boolean) => Promise<void>): Promise<void> {
  const isAway = client.status !== "ready";
  if (isAway) client.disconnect();
  try {
    await (isAway ? within(500, "closing", close(isAway)).catch(() => undefined) : close(isAway));
  } finally {
    client.disconnect();
  }
}

async function findMisconfigurations(url: string): Promise<string[]> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 1,
    retryStrategy: () => null,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const info = await client.info("memory", "persistence");
    const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
    const found: string[] = [];
    if (policy && policy !== "noeviction") {
      found.push(
        `Redis evicts keys (maxmemory-policy ${policy}): set maxmemory-policy noeviction, or rings get lost when memory is short.`,
      );
    }
    if (/^aof_enabled:0/m.test(info)) {
      found.push(
        "Redis keeps no append-only file: set appendonly yes, or a restart loses rings and runs start some seconds late.",
      );
    }
    return found;
  } catch (error) {
    return [`Redis could not be checked: ${error instanceof Error ? error.message : "unknown error"}.`];
  } finally {
    client.disconnect();
  }
}

/** The braces make a queue one hash slot of a Redis Cluster, so that shards spread over its nodes. */
function queueName(shard: number): string {
  return `{runs-${shard}}`;
}
