import {
  createPlanCache,
  createRunPool,
  type EngineServices,
  type RunPool,
  type RunStore,
  reconcileDefaults,
  runPoolDefaults,
  startReconciler,
  type Versions,
} from "@millrace/engine";

/** Waits for rings and hands each to the pool; the queue package opens it. */
export type RingListener = { roomChanged(): void; close(): Promise<void> };

export type WorkerPorts = Omit<EngineServices, "plans"> & {
  store: RunStore;
  versions: Versions;
  /** Starts listening: `room` says how many runs may be claimed, `onRing` claims them. */
  listen(handlers: { room(): number; onRing(runIds: readonly string[]): Promise<void> }): Promise<RingListener>;
};

export type WorkerOptions = {
  concurrency: number;
  maxHeldBytes?: number;
  leaseMs?: number;
  heartbeatMs?: number;
  idleMs?: number;
  reconcile?: Partial<typeof reconcileDefaults>;
};

export type Worker = {
  pool: RunPool;
  /** Stops taking runs, waits for those under way, hands back the rest. */
  close(graceMs: number): Promise<{ handedBack: number }>;
};

/** The worker role: listens for rings, runs what it claims, and recovers what others left behind. */
export async function openWorker(ports: WorkerPorts, options: WorkerOptions): Promise<Worker> {
  const { store, versions, listen, ...engine } = ports;
  let listener: RingListener | undefined;
  const pool = createRunPool(
    store,
    { ...engine, plans: createPlanCache(versions) },
    {
      concurrency: options.concurrency,
      maxHeldBytes: options.maxHeldBytes ?? runPoolDefaults.maxHeldBytes,
      leaseMs: options.leaseMs ?? runPoolDefaults.leaseMs,
      heartbeatMs: options.heartbeatMs ?? runPoolDefaults.heartbeatMs,
      idleMs: options.idleMs ?? runPoolDefaults.idleMs,
      onRoom: () => listener?.roomChanged(),
    },
  );
  const heard = await listen({
    room: pool.room,
    async onRing(runIds) {
      await pool.take(runIds);
    },
  });
  listener = heard;
  const reconciler = startReconciler(store, pool, engine.log, {
    ...reconcileDefaults,
    ...options.reconcile,
  });
  return {
    pool,
    async close(graceMs) {
      const [drained] = await Promise.all([pool.drain(graceMs), reconciler.stop(), heard.close()]);
      return drained;
    },
  };
}
