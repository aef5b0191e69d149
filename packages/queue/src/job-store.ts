import { postgresStore } from "./postgres-store.ts";
import type { QueueConfig } from "./queue-config.ts";
import { redisStore } from "./redis-store.ts";
import type { JobStore } from "./store-port.ts";

/** One function knows which backend we run on. */
export function jobStore(config: QueueConfig): JobStore {
  switch (config.backend) {
    case "postgres":
      return postgresStore(config.url);
    case "redis":
      return redisStore(config.url);
  }
}
