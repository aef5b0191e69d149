import type { Clock } from "@millrace/base";
import { maintain } from "@millrace/db";
import type { EngineLog } from "@millrace/engine";

type Pool = Parameters<typeof maintain>[0];

export type MaintenanceOptions = { retentionDays: number; everyMs?: number };

const hourMs = 3_600_000;

/** Maintains every hour until stopped; a failure is logged and tried again at the next one. */
export function startMaintenance(
  pool: Pool,
  clock: Clock,
  log: EngineLog,
  options: MaintenanceOptions,
): { stop(): Promise<void> } {
  let current = Promise.resolve();
  const round = () => {
    current = maintain(pool, clock.now(), options)
      .then((done) => log.info(done, "maintained the database"))
      .catch((error: unknown) => log.error({ err: error }, "maintenance failed"));
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
