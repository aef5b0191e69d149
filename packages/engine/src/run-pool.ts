import { advanceRun } from "./advance-run.ts";
import { createCrowding } from "./crowding.ts";
import type { EngineServices } from "./engine-services.ts";
import { LeaseLost } from "./execution.ts";
import type { ClaimedRun, RunGroup, RunStore, RunTransition } from "./ports.ts";
import { createRecentIds } from "./recent-ids.ts";

export type RunPoolOptions = {
  /** How many runs this process works on at once. */
  concurrency: number;
  leaseMs: number;
  heartbeatMs: number;
  /** There is room again, or more of it. */
  onRoom?: () => void;
};

export const runPoolDefaults: RunPoolOptions = { concurrency: 200, leaseMs: 15_000, heartbeatMs: 5_000 };

export interface RunPool {
  /** How many more runs may be claimed now. */
  room(): number;
  active(): number;
  /** Claims those of these runs that are due, and starts them. Resolves once they are claimed, not once they are done. */
  take(runIds: readonly string[]): Promise<number>;
  /** Claims whatever is due, workspaces in turn. */
  takeAny(): Promise<number>;
  /** Runs those that one more crash would end, one after the other and, for a while, with nothing beside them. */
  takeLastChances(): Promise<void>;
  /** Waits up to `graceMs` for the runs under way, then hands the others back. */
  drain(graceMs: number): Promise<{ handedBack: number }>;
}

const maxFreedAtOnce = 32;
/** What kills its worker does so at once. A run that has lasted for this long on its own is no danger to others. */
const probationMs = 2_000;
/** Runs on probation keep the others waiting, so these get as long again before the next ones. */
const probationsMs = 4_000;

/** Under load a run is often over before its ring is heard. */
const maxEnded = 10_000;

const keyOf = ({ workspaceId, automationId, orderKey }: RunGroup): string =>
  `${workspaceId} ${automationId} ${orderKey}`;

type Held = { run: ClaimedRun; abort: AbortController; done: Promise<void> };

const leaseOf = ({ run: { id, fence } }: Pick<Held, "run">) => ({ id, fence });

async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}

/** The runs that this process holds a lease on, kept alive by one heartbeat for all. */
export function createRunPool(
  store: RunStore,
  services: EngineServices,
  options: RunPoolOptions = runPoolDefaults,
): RunPool {
  /** A run whose lease was lost may be claimed again here while its former execution still winds up: both are held. */
  const held = new Set<Held>();
  let claiming = 0;
  let isDraining = false;
  /** Nothing else is claimed while a run has its last chance. */
  let isIsolating = false;
  /** There was more to claim than room for it. */
  let hasBacklog = false;
  /** A ring was left to the claim under way, which may not see its runs yet. */
  let isRungMeanwhile = false;
  /** Where runs ended that a limit or an order key concerns: others may be waiting for just that. */
  const freed = new Map<string, RunGroup>();
  /** Runs that ended here lately: nothing is to be claimed for their rings. Any other run may be queued again. */
  const ended = createRecentIds(maxEnded);
  const crowding = createCrowding();
  const { log, workerId } = services;

  const heartbeat = setInterval(() => void beat(), options.heartbeatMs);
  heartbeat.unref();

  async function beat(): Promise<void> {
    const beating = [...held].filter(({ abort }) => !abort.signal.aborted);
    if (beating.length === 0) return;
    try {
      const lost = await store.extendLeases(workerId, beating.map(leaseOf), options.leaseMs);
      for (const { run, abort } of beating) if (lost.includes(run.id)) abort.abort(new LeaseLost(run.id));
    } catch (error) {
      log.warn({ err: error, runs: beating.length }, "could not extend leases; trying again");
    }
  }

  async function takeLastChances(): Promise<void> {
    if (isIsolating || isDraining) return;
    isIsolating = true;
    const endsAt = performance.now() + probationsMs;
    try {
      while (!isDraining && performance.now() < endsAt) {
        await within(probationMs, Promise.all([...held].map(({ done }) => done)));
        const runs = await store.claim({ workerId, leaseMs: options.leaseMs, limit: 1, isLastChance: true });
        if (runs.length === 0) return;
        const alone = runs.map((run) => begin(run));
        await within(probationMs, Promise.all(alone.map(({ done }) => done)));
        const survived = alone.filter((entry) => held.has(entry));
        if (survived.length > 0) await store.forgetCrashes(workerId, survived.map(leaseOf));
      }
    } finally {
      isIsolating = false;
      refill();
    }
  }

  async function claim(which: { runIds?: readonly string[]; freed?: readonly RunGroup[] }): Promise<number> {
    const runIds = which.runIds?.filter((id) => !ended.has(id));
    if (runIds?.length === 0) return 0;
    const limit = Math.min(room(), runIds?.length ?? Number.POSITIVE_INFINITY);
    // Behind a backlog a ring is only news: whoever rings the most must not be served before those whose turn it is.
    if (isDraining || limit <= 0 || (runIds !== undefined && hasBacklog)) {
      hasBacklog ||= !isDraining;
      isRungMeanwhile ||= runIds !== undefined;
      refill();
      return 0;
    }
    claiming += limit;
    if (which.freed === undefined && runIds === undefined) isRungMeanwhile = false;
    try {
      const runs = await store.claim({
        workerId,
        leaseMs: options.leaseMs,
        limit,
        ...which,
        ...(runIds && { runIds }),
      });
      if (runIds !== undefined) hasBacklog ||= runIds.length > limit;
      else if (which.freed === undefined) hasBacklog = runs.length === limit || isRungMeanwhile;
      for (const run of runs) begin(run);
      return runs.length;
    } finally {
      claiming -= limit;
      refill();
      options.onRoom?.();
    }
  }

  function begin(run: ClaimedRun): Held {
    for (const former of held) if (former.run.id === run.id) former.abort.abort(new LeaseLost(run.id));
    const abort = new AbortController();
    const { id: runId, workspaceId, automationId } = run;
    crowding.note(workspaceId);
    services.live.publish({
      type: "run.changed",
      workspaceId,
      automationId,
      runId,
      status: "running",
      at: services.clock.now().toISOString(),
    });
    const { queuedAt, startedAt, fence } = run;
    services.observe?.runClaimed({ runId, workspaceId, automationId, queuedAt, startedAt, fence });
    const entry: Held = { run, abort, done: Promise.resolve() };
    held.add(entry);
    entry.done = advanceRun(run, services, abort.signal)
      .then(
        (status) => noteLeft(run, status),
        (error: unknown) => stopped(run, error),
      )
      .finally(() => {
        held.delete(entry);
        refill();
        options.onRoom?.();
      });
    return entry;
  }

  function noteLeft(run: ClaimedRun, status: RunTransition["to"] | undefined): void {
    noteFreed(run);
    if (status === "succeeded" || status === "failed") ended.add(run.id);
  }

  function noteFreed({ workspaceId, automationId, orderKey, isLimited }: ClaimedRun): void {
    const group = { workspaceId, automationId, orderKey };
    if (isLimited) freed.set(keyOf(group), group);
  }

  /**
   * Where a limited run ended, the next ones are asked for at once, because nobody rings for them again. A ring for more
   * runs than there was room for is over; what it left is asked for as soon as there is room again.
   */
  function refill(): void {
    if (isDraining || claiming > 0 || room() === 0) return;
    if (freed.size > 0) {
      const groups = [...freed.values()].slice(0, maxFreedAtOnce);
      for (const group of groups) freed.delete(keyOf(group));
      claim({ freed: groups }).catch((error: unknown) => unclaimed(error));
    } else if (hasBacklog && room() >= crowding.allowed(options.concurrency) / 4) {
      hasBacklog = false;
      claim({}).catch((error: unknown) => {
        hasBacklog = true;
        unclaimed(error);
      });
    }
  }

  function unclaimed(error: unknown): void {
    log.warn({ err: error }, "could not claim more runs; the reconciler will");
  }

  /** Only trouble with the database or a bug comes here; the run itself is unharmed and goes back to the queue. */
  async function stopped(run: ClaimedRun, error: unknown): Promise<void> {
    if (error instanceof LeaseLost) {
      log.info({ runId: run.id }, "the run is another worker's now, or was canceled");
      noteFreed(run);
      return;
    }
    log.error({ runId: run.id, err: error }, "the run could not go on here and is handed back");
    try {
      await store.release(workerId, [leaseOf({ run })]);
    } catch (releaseError) {
      log.warn({ runId: run.id, err: releaseError }, "the run could not be handed back; its lease will end");
    }
  }

  function room(): number {
    const allowed = crowding.allowed(options.concurrency);
    return isDraining || isIsolating ? 0 : Math.max(0, allowed - held.size - claiming);
  }

  return {
    room,
    active: () => held.size,
    take: (runIds) => claim({ runIds }),
    takeAny: () => claim({}),
    takeLastChances,
    async drain(graceMs) {
      isDraining = true;
      const deadline = new Promise((resolve) => setTimeout(resolve, graceMs).unref());
      await Promise.race([Promise.all([...held].map(({ done }) => done)), deadline]);
      const left = [...held];
      for (const { run, abort } of left) abort.abort(new LeaseLost(run.id));
      await Promise.all(left.map(({ done }) => done));
      await store.release(workerId, left.map(leaseOf));
      clearInterval(heartbeat);
      return { handedBack: left.length };
    },
  };
}
