import type { EngineLog } from "./engine-services.ts";
import { crashLimit, type Recovery, type RunStore } from "./ports.ts";
import type { RunPool } from "./run-pool.ts";

export const reconcileDefaults = {
  unclaimedMs: 5_000,
  crashLimit,
  limit: 500,
  everyMs: 2_000,
  /**
   * Where this process stood still or the database did not answer for so long, leases may have ended that living workers
   * hold: they extend them with their next heartbeats, and have `settleMs` for it.
   */
  interruptedMs: 8_000,
  settleMs: 6_000,
};

export type ReconcileOptions = typeof reconcileDefaults;

/**
 * The only recovery there is: takes back what dead workers left, ends waits that are due, and rings for queued runs that
 * nobody took. Runs in every worker; twice at once does no harm.
 */
export async function reconcile(
  store: RunStore,
  pool: Pick<RunPool, "take" | "takeLastChances">,
  options: ReconcileOptions = reconcileDefaults,
): Promise<Recovery> {
  const recovery = await store.recover(options);
  if (recovery.runIds.length > 0) await pool.take(recovery.runIds);
  if (recovery.lastChances > 0) await pool.takeLastChances();
  return recovery;
}

/**
 * Reconciles again and again until stopped; an unreachable database is reported once and tried again. After an interruption
 * it waits at first, or it would take runs from workers that live, and count it as their deaths.
 */
export function startReconciler(
  store: RunStore,
  pool: Pick<RunPool, "take" | "takeLastChances">,
  log: EngineLog,
  options: ReconcileOptions = reconcileDefaults,
): { stop(): Promise<void> } {
  let isStopped = false;
  let isFailing = false;
  let answeredAt = Date.now();
  let restsUntil = Number.NEGATIVE_INFINITY;
  let wake = () => {};
  const loop = (async () => {
    while (!isStopped) {
      try {
        await store.ping();
        const now = Date.now();
        if (now - answeredAt > options.everyMs + options.interruptedMs) restsUntil = now + options.settleMs;
        answeredAt = now;
        if (now >= restsUntil) await recoverOnce();
        // Last chances take their time.
        answeredAt = Date.now();
        isFailing = false;
      } catch (error) {
        if (!isFailing) log.error({ err: error }, "the reconciler cannot reach the database; trying again");
        isFailing = true;
      }
      if (!isStopped)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, options.everyMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
    }
  })();
  async function recoverOnce(): Promise<void> {
    const { expiredLeases, quarantined, dueWaits } = await reconcile(store, pool, options);
    if (expiredLeases + quarantined > 0)
      log.warn({ expiredLeases, quarantined, dueWaits }, "took back runs of dead workers");
  }

  return {
    async stop() {
      isStopped = true;
      wake();
      await loop;
    },
  };
}
