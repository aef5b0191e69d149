import type { EngineLog } from "./engine-services.ts";
import { crashLimit, type Recovery, type RunStore } from "./ports.ts";
import type { RunPool } from "./run-pool.ts";

export const reconcileDefaults = { unclaimedMs: 5_000, crashLimit, limit: 500, everyMs: 2_000 };

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

/** Reconciles again and again until stopped; an unreachable database is reported once and tried again. */
export function startReconciler(
  store: RunStore,
  pool: Pick<RunPool, "take" | "takeLastChances">,
  log: EngineLog,
  options: ReconcileOptions = reconcileDefaults,
): { stop(): Promise<void> } {
  let isStopped = false;
  let isFailing = false;
  let wake = () => {};
  const loop = (async () => {
    while (!isStopped) {
      try {
        const { expiredLeases, quarantined, dueWaits } = await reconcile(store, pool, options);
        if (expiredLeases + quarantined > 0)
          log.warn({ expiredLeases, quarantined, dueWaits }, "took back runs of dead workers");
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
  return {
    async stop() {
      isStopped = true;
      wake();
      await loop;
    },
  };
}
