import type { EngineLog } from "./engine-services.ts";
import { LeaseLost } from "./execution.ts";
import type { ClaimedRun, RunStore } from "./ports.ts";

type Entry = { run: ClaimedRun; abort: AbortController };

export const leaseOf = ({ run: { id, fence } }: Pick<Entry, "run">) => ({ id, fence });

/** Extends the leases of what is held, one statement for all; whatever is lost is aborted. Returns the way to end it. */
export function startHeartbeat(options: {
  store: Pick<RunStore, "extendLeases">;
  workerId: string;
  leaseMs: number;
  everyMs: number;
  held: ReadonlySet<Entry>;
  log: EngineLog;
  onLost?: ((runId: string) => void) | undefined;
}): () => void {
  const { store, workerId, leaseMs, held, log } = options;

  async function beat(): Promise<void> {
    const beating = [...held].filter(({ abort }) => !abort.signal.aborted);
    if (beating.length === 0) return;
    try {
      const lost = await store.extendLeases(workerId, beating.map(leaseOf), leaseMs);
      for (const entry of beating) if (lost.includes(entry.run.id)) lose(entry);
    } catch (error) {
      log.warn({ err: error, runs: beating.length }, "could not extend leases; trying again");
    }
  }

  /** Not where the run ended while it was asked about: then nobody holds it. */
  function lose(entry: Entry): void {
    const { run, abort } = entry;
    if (held.has(entry) && !abort.signal.aborted) options.onLost?.(run.id);
    abort.abort(new LeaseLost(run.id));
  }

  const timer = setInterval(() => void beat(), options.everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
