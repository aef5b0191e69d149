import type { Clock } from "@millrace/base";
import { deleteDedupeKeysBefore, deleteExpiredKeyValues, dropPartitionsBefore, ensurePartitions } from "@millrace/db";
import type { EngineLog } from "@millrace/engine";

type Pool = Parameters<typeof ensurePartitions>[0];

export type MaintenanceOptions = { retentionDays: number; everyMs?: number };

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const daysAhead = 3;
/** One run per endpoint and key for at least 7 days; kept longer, so that no clock can shorten it. */
const dedupeDays = 8;

/** What the database needs now and then: the coming days' partitions, and an end for what is old. Safe in many processes. */
export async function maintain(pool: Pool, now: Date, { retentionDays }: MaintenanceOptions): Promise<void> {
  await ensurePartitions(pool, now, daysAhead);
  await dropPartitionsBefore(pool, new Date(now.getTime() - retentionDays * dayMs));
  await deleteDedupeKeysBefore(pool, new Date(now.getTime() - dedupeDays * dayMs));
  await deleteExpiredKeyValues(pool, now);
}

/** Maintains every hour until stopped; a failure is logged and tried again at the next one. */
export function startMaintenance(
  pool: Pool,
  clock: Clock,
  log: EngineLog,
  options: MaintenanceOptions,
): { stop(): Promise<void> } {
  let current = Promise.resolve();
  const round = () => {
    current = maintain(pool, clock.now(), options).catch((error: unknown) =>
      log.error({ err: error }, "maintenance failed"),
    );
  };
  round();
  const timer = setInterval(round, options.everyMs ?? hourMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await current;
    },
  };
}
