import type pg from "pg";
import { completeIndexes } from "../partitions/complete-indexes.ts";
import { ensurePartitions } from "../partitions/ensure-partitions.ts";
import { dayMs } from "../partitions/partitioned-tables.ts";
import { deleteDedupeKeysBefore, deleteExpiredKeyValues } from "./delete-expired.ts";
import type { HistorySizes } from "./history-bytes.ts";
import { pruneAutomations } from "./prune-automations.ts";
import { pruneOldDays } from "./prune-old-days.ts";

export type MaintenanceSettings = {
  /** History is kept for as many whole days; an automation may keep less, never more. */
  retentionDays: number;
  /** Partitions are made for as many days to come. */
  daysAhead?: number;
  /** The caller keeps it from one call to the next, so that histories are measured once. */
  sizes?: HistorySizes;
  /** Ends it early, between two short transactions. What is left is the next call's. */
  signal?: AbortSignal;
};

export type Maintained = {
  partitionsMade: string[];
  partitionsDropped: string[];
  /** Old days that stay because of a run that is not finished, with what that run needs and no more. */
  partitionsKept: string[];
  dedupeKeysDeleted: number;
  keyValuesDeleted: number;
  /** One by one: of days that stay, of the default partition, and of automations that keep less than the installation. */
  runsDeleted: number;
  /** Of days that are older than the migration that brought them. */
  indexesBuilt: string[];
};

/** Four parts delete, which leaves time before the next hour's call. */
const partLimitMs = 10 * 60 * 1000;

/** One run per endpoint and key for at least 7 days; kept longer, so that no clock can shorten it. */
const dedupeDays = 8;

/**
 * What the database needs now and then: the coming days' partitions, and an end for what is old. Meant to be called every
 * hour. Safe in many processes at once, and it never touches a run that is not finished, nor what such a run needs. A part
 * that fails keeps no other from its turn; what failed is thrown at the end. A part that deletes ends after ten minutes, if
 * need be with something left for the next call.
 */
export async function maintain(
  pool: pg.Pool,
  now: Date,
  { retentionDays, daysAhead = 3, sizes = new Map(), signal }: MaintenanceSettings,
): Promise<Maintained> {
  const limit = () => AbortSignal.any([...(signal ? [signal] : []), AbortSignal.timeout(partLimitMs)]);
  const daysAgo = (days: number) => new Date(now.getTime() - days * dayMs);
  const done: Maintained = {
    partitionsMade: [],
    partitionsDropped: [],
    partitionsKept: [],
    runsDeleted: 0,
    dedupeKeysDeleted: 0,
    keyValuesDeleted: 0,
    indexesBuilt: [],
  };
  const parts = [
    async () => {
      done.partitionsMade = await ensurePartitions(pool, now, daysAhead);
    },
    async () => {
      const { dropped, kept, runsDeleted } = await pruneOldDays(pool, daysAgo(retentionDays), limit());
      done.partitionsDropped = dropped;
      done.partitionsKept = kept;
      done.runsDeleted += runsDeleted;
    },
    async () => {
      done.runsDeleted += await pruneAutomations(pool, now, { retentionDays, sizes, signal: limit() });
    },
    async () => {
      done.dedupeKeysDeleted = await deleteDedupeKeysBefore(pool, daysAgo(dedupeDays), limit());
    },
    async () => {
      done.keyValuesDeleted = await deleteExpiredKeyValues(pool, now, limit());
    },
    async () => {
      done.indexesBuilt = await completeIndexes(pool);
    },
  ];
  const failures: unknown[] = [];
  for (const part of parts) {
    if (signal?.aborted) break;
    await part().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 1) throw new AggregateError(failures, `${failures.length} parts of the maintenance failed.`);
  if (failures.length === 1) throw failures[0];
  return done;
}
