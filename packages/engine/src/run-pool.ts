import { advanceRun } from "./advance-run.ts";
import { type Bytes, createByteBudget } from "./byte-budget.ts";
import { createCrowding } from "./crowding.ts";
import { createDemand, type Demanded } from "./demand.ts";
import type { EngineServices } from "./engine-services.ts";
import { LeaseLost } from "./execution.ts";
import { leaseOf, startHeartbeat } from "./heartbeat.ts";
import { createLastChances } from "./last-chances.ts";
import type { ClaimedRun, ClaimRequest, RunStore, RunTransition } from "./ports.ts";
import { createRecentIds } from "./recent-ids.ts";
import { troubleOf } from "./run-trouble.ts";

export type RunPoolOptions = {
  /** How many runs this process works on at once. */
  concurrency: number;
  /** Of what they hold of requests and records, as those are stored; the last one claimed may exceed it. */
  maxHeldBytes: number;
  leaseMs: number;
  heartbeatMs: number;
  /** Where nothing was claimed for so long, it is asked whether anything is queued: rings may be lost. */
  idleMs: number;
  /** There is room again, or more of it. */
  onRoom?: () => void;
};

export const runPoolDefaults: RunPoolOptions = {
  concurrency: 200,
  maxHeldBytes: 64 * 1024 * 1024,
  leaseMs: 15_000,
  heartbeatMs: 5_000,
  idleMs: 1_000,
};

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

/** Under load a run is often over before its ring is heard. */
const maxEnded = 10_000;

/** `runIds`: that were rung. */
type Which = { runIds: readonly string[] } | Demanded;

type Held = { run: ClaimedRun; bytes: Bytes; abort: AbortController; done: Promise<void> };

/** The runs that this process holds a lease on, kept alive by one heartbeat for all. */
export function createRunPool(
  store: RunStore,
  services: EngineServices,
  options: RunPoolOptions = runPoolDefaults,
): RunPool {
  /** A run whose lease was lost may be claimed again here while its former execution still winds up: both are held. */
  const held = new Set<Held>();
  const claims = new Set<Promise<unknown>>();
  let claiming = 0;
  let isDraining = false;
  /** Runs that ended here lately: nothing is to be claimed for their rings. Any other run may be queued again. */
  const ended = createRecentIds(maxEnded);
  const crowding = createCrowding();
  const budget = createByteBudget(options.maxHeldBytes);
  const { log, workerId } = services;
  const demand = createDemand({
    ...{ room, idleMs: options.idleMs, log },
    isRoomy: () => room() >= crowding.allowed(options.concurrency) / 4,
    claim: (which) => claim(which),
  });
  const { backlog, refill } = demand;
  const lastChances = createLastChances<Held>({
    held,
    isDraining: () => isDraining,
    begin: async () => (await claimAndBegin({ limit: 1, isLastChance: true })).begun,
    trust: (survivors) => store.trust(workerId, survivors.map(leaseOf)),
  });

  const endHeartbeat = startHeartbeat({
    ...{ store, workerId, held, log, leaseMs: options.leaseMs, everyMs: options.heartbeatMs },
    onLost: (runId) => services.observe?.leaseLost(runId),
  });

  async function claim(which: Which): Promise<number> {
    const isRing = which !== "any" && "runIds" in which;
    const request = requestOf(which);
    const runIds = request.runIds?.filter((id) => !ended.has(id));
    if (runIds?.length === 0) return 0;
    // For what waits for a limit or an order only half: a ring must not find all room taken meanwhile.
    const share = isRing || which === "any" ? room() : Math.ceil(room() / 2);
    const limit = Math.min(share, budget.limit(), runIds?.length ?? Number.POSITIVE_INFINITY);
    // Behind a backlog a ring is only news: whoever rings the most must not be served before those whose turn it is.
    if (isDraining || limit <= 0 || (isRing && backlog.exists())) {
      if (isRing) backlog.leaveRing();
      else backlog.note();
      refill();
      return 0;
    }
    claiming += limit;
    backlog.claims();
    if (which === "any") backlog.beginWalk();
    let sawAll = true;
    const seenInPart = () => {
      sawAll = false;
    };
    try {
      const { begun, isCutShort } = await claimAndBegin({ ...request, limit, seenInPart, ...(runIds && { runIds }) });
      // Fewer than there was room for: the others are held back, and the end of what holds them is news.
      const isHeldBack = !isRing && begun.length < limit;
      if (which === "any") backlog.endWalk({ isFull: begun.length === limit, sawAll });
      if (isCutShort || (runIds !== undefined && runIds.length > limit && !isHeldBack)) backlog.note();
      return begun.length;
    } finally {
      claiming -= limit;
      refill();
      options.onRoom?.();
    }
  }

  function requestOf(which: Which): Pick<ClaimRequest, "runIds" | "freed" | "setAside"> {
    if (which === "any") return {};
    if ("runIds" in which) return { ...which, setAside: demand.noteSetAside };
    return "setAside" in which ? { runIds: which.setAside } : which;
  }

  /**
   * What was claimed when the drain began is handed back: nobody would wait for it. `isCutShort`: no bytes were left for
   * more runs, if there were any.
   */
  async function claimAndBegin(
    request: Omit<ClaimRequest, "workerId" | "leaseMs" | "maxBytes">,
  ): Promise<{ begun: Held[]; isCutShort: boolean }> {
    const reserved = budget.reserve();
    const { maxBytes } = reserved;
    const claimed = store
      .claim({ workerId, leaseMs: options.leaseMs, maxBytes, ...request })
      .then(async (runs) => {
        const isCutShort = runs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) >= maxBytes;
        budget.learn(runs.length, isCutShort);
        if (!isDraining) return { begun: runs.map(begin), isCutShort };
        await store.release(
          workerId,
          runs.map((run) => leaseOf({ run })),
        );
        return { begun: [], isCutShort };
      })
      .finally(() => reserved.release());
    claims.add(claimed);
    return claimed.finally(() => claims.delete(claimed));
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
    const entry: Held = { run, bytes: budget.hold(run.sizeBytes), abort, done: Promise.resolve() };
    held.add(entry);
    entry.done = advanceRun(run, services, { signal: abort.signal, holds: entry.bytes.grow })
      .then(
        (status) => noteLeft(run, status),
        (error: unknown) => stopped(run, error),
      )
      .finally(() => {
        held.delete(entry);
        entry.bytes.release();
        refill();
        options.onRoom?.();
      });
    return entry;
  }

  function noteLeft(run: ClaimedRun, status: RunTransition["to"] | undefined): void {
    demand.noteFreed(run);
    if (status === "succeeded" || status === "failed") ended.add(run.id);
  }

  /** Only trouble with the database or a bug comes here; the run itself is unharmed and is tried again later. */
  async function stopped(run: ClaimedRun, error: unknown): Promise<void> {
    if (error instanceof LeaseLost) {
      log.info({ runId: run.id }, "the run is another worker's now, or was canceled");
      demand.noteFreed(run);
      return;
    }
    const trouble = troubleOf(error);
    const { id: runId, workspaceId, automationId, queuedAt } = run;
    log.error({ runId, path: trouble.path, err: error }, "the run could not go on here and is put off");
    try {
      const status = await store.putOff(workerId, leaseOf({ run }), trouble);
      demand.noteFreed(run);
      if (status === undefined) return;
      const at = services.clock.now();
      const failureCode = status === "failed" ? ({ failureCode: "own_bug" } as const) : {};
      services.live.publish({ type: "run.changed", workspaceId, automationId, runId, status, at: at.toISOString() });
      services.observe?.runLeft({ runId, workspaceId, automationId, queuedAt, status, ...failureCode, at });
    } catch (putOffError) {
      log.warn({ runId, err: putOffError }, "the run could not be put off; its lease will end");
    }
  }

  function room(): number {
    const allowed = crowding.allowed(options.concurrency);
    if (!budget.hasRoom()) return 0;
    return isDraining || lastChances.isIsolating() ? 0 : Math.max(0, allowed - held.size - claiming);
  }

  return {
    room,
    active: () => held.size,
    take: (runIds) => claim({ runIds }),
    takeAny: () => claim("any"),
    takeLastChances: () => lastChances.take().finally(refill),
    async drain(graceMs) {
      isDraining = true;
      demand.close();
      const deadline = new Promise((resolve) => setTimeout(resolve, graceMs).unref());
      const ended = Promise.allSettled(claims).then(() => Promise.all([...held].map(({ done }) => done)));
      await Promise.race([ended, deadline]);
      const left = [...held];
      for (const { run, abort } of left) abort.abort(new LeaseLost(run.id));
      await Promise.all(left.map(({ done }) => done));
      await store.release(workerId, left.map(leaseOf));
      endHeartbeat();
      return { handedBack: left.length };
    },
  };
}
