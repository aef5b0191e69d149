export type QueueConfig = {
  backend: "postgres" | "redis";
  /** Of a Redis Cluster, several of its nodes, separated by commas. May hold a password: never log it. */
  url: string;
  /** Over how many queues rings are spread. Every process of an installation needs the same number. */
  shards: number;
};

/** The queue lives in Redis where there is one, else in the database we have anyway. */
export function queueConfig(settings: {
  databaseUrl: string;
  redisUrl?: string | undefined;
  shards?: number;
}): QueueConfig {
  const { databaseUrl, redisUrl, shards = 1 } = settings;
  if (!Number.isInteger(shards) || shards < 1 || shards > 64) {
    throw new RangeError(`shards is ${shards}: expected a whole number from 1 to 64`);
  }
  return redisUrl ? { backend: "redis", url: redisUrl, shards } : { backend: "postgres", url: databaseUrl, shards };
}
