import { Cluster, Redis, type RedisOptions } from "ioredis";

export type RedisConnection = {
  client: Redis | Cluster;
  /** Disconnects, and whatever was duplicated from it gives up too: BullMQ's own copies outlive an outage of a cluster otherwise. */
  end(): void;
};

/** `redis://a:6379`, or the nodes of a Redis Cluster separated by commas: two or three are enough to find the others. */
export const redisNodes = (urls: string): string[] => urls.split(",").map((url) => url.trim());

/** Soon, but not as fast as it goes: a Redis that starts has enough to do. */
const retryAfterMs = (attempt: number) => Math.min(50 * 2 ** Math.min(attempt, 5), 1_000);
const slotsLimitMs = 2_000;

/** Connects by itself, and again until it is ended. A cluster's user, password and TLS are those of the first node that is named. */
export function connectRedis(urls: string, options: RedisOptions): RedisConnection {
  let isOver = false;
  const retry = (attempt: number) => (isOver ? null : retryAfterMs(attempt));
  const nodes = redisNodes(urls);
  const [first = ""] = nodes;
  const client =
    nodes.length === 1
      ? new Redis(first, { ...options, retryStrategy: retry })
      : new Cluster(nodes, {
          redisOptions: { ...options, ...accessOf(first) },
          clusterRetryStrategy: retry,
          enableOfflineQueue: options.enableOfflineQueue ?? true,
          slotsRefreshTimeout: slotsLimitMs,
        });
  return {
    client,
    end() {
      isOver = true;
      client.disconnect();
    },
  };
}

function accessOf(url: string): RedisOptions {
  const { username, password, protocol } = new URL(url);
  return {
    ...(username === "" ? {} : { username: decodeURIComponent(username) }),
    ...(password === "" ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === "rediss:" ? { tls: {} } : {}),
  };
}
