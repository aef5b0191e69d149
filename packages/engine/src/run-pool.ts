import { advanceRun } from "./advance-run.ts";
import type { EngineServices } from "./engine-services.ts";
import { LeaseLost } from "./execution.ts";
import type { ClaimedRun, RunStore } from "./ports.ts";

export type RunPoolOptions = {
  /** How many runs this process works on at once. */
  concurrency: number;
  leaseMs: number;
  heartbeatMs: number;
};

export const runPoolDefaults: RunPoolOptions = { concurrency: 100, leaseMs: 15_000, heartbeatMs: 5_000 };

export interface RunPool {
  /** How many more runs may be claimed now. */
  room(): number;
  active(): number;
  /** Claims those of these runs that are due, and starts them. Resolves once they are claimed, not once they are done. */
  take(runIds: readonly string[]): Promise<number>;
  /** Claims whatever is due, workspaces in turn. */
  takeAny(): Promise<number>;
  /** Waits up to `graceMs` for the runs under way, then hands the others back. */
  drain(graceMs: number): Promise<{ handedBack: number }>;
}

type Held = { run: ClaimedRun; abort: AbortController; done: Promise<void> };

/** The runs that this process holds a lease on, kept alive by one heartbeat for all. */
export function createRunPool(
  store: RunStore,
  services: EngineServices,
  options: RunPoolOptions = runPoolDefaults,
): RunPool {
  const held = new Map<string, Held>();
  let claiming = 0;
  let isDraining = false;
  /** There was more to claim than room for it. */
  let hasBacklog = false;
  const { log, workerId } = services;

  const heartbeat = setInterval(() => void beat(), options.heartbeatMs);
  heartbeat.unref();

  async function beat(): Promise<void> {
    const runs = [...held.values()].map(({ run }) => ({ id: run.id, fence: run.fence }));
    if (runs.length === 0) return;
    try {
      for (const id of await store.extendLeases(workerId, runs, options.leaseMs)) {
        held.get(id)?.abort.abort(new LeaseLost(id));
      }
    } catch (error) {
      log.warn({ err: error, runs: runs.length }, "could not extend leases; trying again");
    }
  }

  async function claim(runIds: readonly string[] | undefined): Promise<number> {
    const limit = Math.min(room(), runIds?.length ?? Number.POSITIVE_INFINITY);
    if (isDraining || limit <= 0) {
      hasBacklog ||= !isDraining;
      return 0;
    }
    claiming += limit;
    try {
      const request = { workerId, leaseMs: options.leaseMs, limit };
      const runs = await store.claim(runIds ? { ...request, runIds } : request);
      hasBacklog = runIds ? hasBacklog || runIds.length > limit : runs.length === limit;
      for (const run of runs) begin(run);
      return runs.length;
    } finally {
      claiming -= limit;
    }
  }

  function begin(run: ClaimedRun): void {
    const abort = new AbortController();
    const { id: runId, workspaceId, automationId } = run;
    services.live.publish({
      type: "run.changed",
      workspaceId,
      automationId,
      runId,
      status: "running",
      at: services.clock.now().toISOString(),
    });
    const done = advanceRun(run, services, abort.signal)
      .catch((error: unknown) => stopped(run, error))
      .finally(() => {
        held.delete(runId);
        refill();
      });
    held.set(runId, { run, abort, done });
  }

  /** A ring for more runs than there was room for is over; what it left is asked for as soon as there is room again. */
  function refill(): void {
    if (!hasBacklog || isDraining || claiming > 0 || room() < options.concurrency / 4) return;
    hasBacklog = false;
    claim(undefined).catch((error: unknown) => {
      hasBacklog = true;
      log.warn({ err: error }, "could not claim more runs; the reconciler will");
    });
  }

  /** Only trouble with the database or a bug comes here; the run itself is unharmed and goes back to the queue. */
  async function stopped(run: ClaimedRun, error: unknown): Promise<void> {
    if (error instanceof LeaseLost) {
      log.info({ runId: run.id }, "the run is another worker's now, or was canceled");
      return;
    }
    log.error({ runId: run.id, err: error }, "the run could not go on here and is handed back");
    try {
      await store.release(workerId, [{ id: run.id, fence: run.fence }]);
    } catch (releaseError) {
      log.warn({ runId: run.id, err: releaseError }, "the run could not be handed back; its lease will end");
    }
  }

  function room(): number {
    return isDraining ? 0 : Math.max(0, options.concurrency - held.size - claiming);
  }

  return {
    room,
    active: () => held.size,
    take: (runIds) => claim(runIds),
    takeAny: () => claim(undefined),
    async drain(graceMs) {
      isDraining = true;
      const deadline = new Promise((resolve) => setTimeout(resolve, graceMs).unref());
      await Promise.race([Promise.all([...held.values()].map(({ done }) => done)), deadline]);
      const left = [...held.values()];
      for (const { run, abort } of left) abort.abort(new LeaseLost(run.id));
      await Promise.all(left.map(({ done }) => done));
      await store.release(
        workerId,
        left.map(({ run }) => ({ id: run.id, fence: run.fence })),
      );
      clearInterval(heartbeat);
      return { handedBack: left.length };
    },
  };
}
