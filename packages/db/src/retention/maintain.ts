import type pg from "pg";
import { dropPartitionsBefore } from "../partitions/drop-partitions.ts";
import { ensurePartitions } from "../partitions/ensure-partitions.ts";
import { dayMs } from "../partitions/partitioned-tables.ts";
import { deleteDedupeKeysBefore, deleteExpiredKeyValues } from "./delete-expired.ts";
import { pruneAutomations } from "./prune-automations.ts";

export type MaintenanceSettings = {
  /** History is kept for as many whole days; an automation may keep less, never more. */
  retentionDays: number;
  /** Partitions are made for as many days to come. */
  daysAhead?: number;
};

export type Maintained = {
  partitionsMade: string[];
  partitionsDropped: string[];
  /** Old days that stay because of a run that is not finished. */
  partitionsKept: string[];
  dedupeKeysDeleted: number;
  keyValuesDeleted: number;
  /** Of automations that keep less than the installation. */
  runsDeleted: number;
};

/** One run per endpoint and key for at least 7 days; kept longer, so that no clock can shorten it. */
const dedupeDays = 8;

/**
 * What the database needs now and then: the coming days' partitions, and an end for what is old. Meant to be called every
 * hour. Safe in many processes at once, and it never touches a run that is not finished, nor what such a run needs.
 */
export async function maintain(
  pool: pg.Pool,
  now: Date,
  { retentionDays, daysAhead = 3 }: MaintenanceSettings,
): Promise<Maintained> {
  const daysAgo = (days: number) => new Date(now.getTime() - days * dayMs);
  const partitionsMade = await ensurePartitions(pool, now, daysAhead);
  const { dropped, kept } = await dropPartitionsBefore(pool, daysAgo(retentionDays));
  return {
    partitionsMade,
    partitionsDropped: dropped,
    partitionsKept: kept,
    runsDeleted: await pruneAutomations(pool, now, retentionDays),
    dedupeKeysDeleted: await deleteDedupeKeysBefore(pool, daysAgo(dedupeDays)),
    keyValuesDeleted: await deleteExpiredKeyValues(pool, now),
  };
}
