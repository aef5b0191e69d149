import type { Clock } from "@millrace/base";
import { type AdvisoryLock, type HistorySizes, maintain, type SealedRows, tryAdvisoryLock } from "@millrace/db";
import type { EngineLog } from "@millrace/engine";

type Pool = Parameters<typeof maintain>[0];

export type MaintenanceOptions = {
  retentionDays: number;
  /** Secrets that another key than the first one of the ring wraps are re-wrapped at the start, and whenever there are any. */
  sealedRows: Pick<SealedRows, "rewrap">;
  everyMs?: number;
};

const hourMs = 3_600_000;
const namedAtMost = 20;

/**
 * Maintains every hour until stopped; a failure is logged and tried again at the next one. The database is maintained by one
 * process at a time, the same one for as long as it lives: it remembers what it has measured.
 */
export function startMaintenance(
  pool: Pool,
  clock: Clock,
  log: EngineLog,
  { retentionDays, sealedRows, everyMs = hourMs }: MaintenanceOptions,
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const attempt = (work: () => Promise<void>, failed: string) =>
    work().catch((error: unknown) => log.error({ err: error }, failed));

  const rewrapSecrets = async () => {
    const { rewrapped, unopened } = await sealedRows.rewrap(stopping.signal);
    if (rewrapped > 0) log.info({ rewrapped }, "re-wrapped secrets with the vault's first key");
    if (unopened.length === 0) return;
    const ids = unopened.slice(0, namedAtMost);
    log.warn({ count: unopened.length, ids }, "no vault key opens these, so they were not re-wrapped");
  };
  const sizes: HistorySizes = new Map();
  let turn: AdvisoryLock | undefined;
  const maintainDatabase = async () => {
    if (stopping.signal.aborted) return;
    if (turn?.isHeld() !== true) {
      turn?.release();
      turn = undefined;
      turn = await tryAdvisoryLock(pool, "maintenance");
    }
    if (turn === undefined) return;
    const done = await maintain(pool, clock.now(), { retentionDays, sizes, signal: stopping.signal });
    log.info(done, "maintained the database");
  };

  let current = Promise.resolve();
  const round = () => {
    current = current
      .then(() => attempt(rewrapSecrets, "re-wrapping secrets failed"))
      .then(() => attempt(maintainDatabase, "maintenance failed"));
  };
  round();
  const timer = setInterval(round, everyMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await current;
      turn?.release();
    },
  };
}
