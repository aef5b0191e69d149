import { jobStore } from "./job-store.ts";
import { migratePostgresStore } from "./postgres-store.ts";
import type { QueueConfig } from "./queue-config.ts";

/** Brings BullMQ's schema up to date, under its advisory lock: any number of processes may call it at once. Redis needs none. */
export async function migrateQueue(config: QueueConfig): Promise<void> {
  if (config.backend === "postgres") await migratePostgresStore(config.url);
}

/** What an operator should change about the store, in sentences. Never throws: the queue works anyway, or says so itself. */
export async function checkQueue(config: QueueConfig): Promise<string[]> {
  return jobStore(config).findMisconfigurations();
}
