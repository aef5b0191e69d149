import { jobStore } from "./job-store.ts";
import { migratePostgresStore } from "./postgres-store.ts";
import type { QueueConfig } from "./queue-config.ts";

/** Brings BullMQ's schema up to date, under its advisory lock: any number of processes may call it at once. Redis needs none. */
export async function migrateQueue(config: QueueConfig): Promise<void> {
  if (config.backend === "postgres") await migratePostgresStore(config.url);
}

/** What an operator should change about the store, in sentences. Never throws: the queue works anyway, or says so itself. */
export async function checkQueue(config: QueueConfig): Promise<string[]> {
  const found = await jobStore(config).findMisconfigurations();
  return found.length === 0 && isClusterOnOneNode(config) ? [oneNodeOnly] : found;
}

/** Several nodes are named, and one queue lies on one of them. */
const isClusterOnOneNode = ({ backend, url, shards }: QueueConfig): boolean =>
  backend === "redis" && url.includes(",") && shards === 1;

const oneNodeOnly =
  "REDIS_URL names several nodes of a cluster, and all rings go to one of them: set QUEUE_SHARDS to a few times the number of nodes, the same for every process.";
