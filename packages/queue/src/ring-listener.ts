import { WaitingError } from "bullmq";
import { jobStore } from "./job-store.ts";
import { keepOpen } from "./keep-open.ts";
import { describeError, outageLog, type QueueLog } from "./outage.ts";
import type { QueueConfig } from "./queue-config.ts";
import { openRoomGate } from "./room-gate.ts";
import type { JobStore, RingProcessor, RingWorker } from "./store-port.ts";
import { within } from "./within.ts";

export type RingListenerOptions = {
  /** How many more runs this process can take now. */
  room: () => number;
  /** Claims these runs. The job is over when it resolves; a rejection is logged, and the ring is gone. */
  onRing: (runIds: readonly string[]) => Promise<void>;
  /** How many rings are answered at once, in each shard. */
  concurrency?: number;
  log: QueueLog;
};

export interface RingListener {
  /** Tells it that there may be room again, which it otherwise finds out within 50 ms. */
  roomChanged(): void;
  /** Whether the store answered within the last few seconds. */
  isHealthy(): boolean;
  /** Waits for the rings that are being answered, up to 5 s. */
  close(): Promise<void>;
}

const pingEveryMs = 2_000;
const pingLimitMs = 1_500;

/** Resolves once the store was tried, reachable or not; from then on it reconnects by itself. */
export async function openRingListener(config: QueueConfig, options: RingListenerOptions): Promise<RingListener> {
  const store = jobStore(config);
  const ears = await Promise.all(Array.from({ length: config.shards }, (_, shard) => openEar(store, shard, options)));
  return {
    roomChanged() {
      for (const ear of ears) ear.roomChanged();
    },
    isHealthy: () => ears.every((ear) => ear.isHealthy()),
    async close() {
      await Promise.all(ears.map((ear) => ear.close()));
    },
  };
}

async function openEar(store: JobStore, shard: number, options: RingListenerOptions) {
  const { log, concurrency = 4 } = options;
  const outage = outageLog(log, `ring listener ${shard}`, "runs start when the worker next asks the database");
  let gate: ReturnType<typeof openRoomGate> | undefined;
  let errorsInARow = 0;
  let isHealthy = false;

  const process: RingProcessor = async (job, token) => {
    if (!gate || !(await gate.untilRoom())) {
      // We are closing: another worker may have room.
      await job.moveToWait(token);
      throw new WaitingError();
    }
    errorsInARow = 0;
    await options.onRing(job.data.runIds).catch((error: unknown) => {
      log.warn(
        { ...describeError(error), runs: job.data.runIds.length },
        "a ring could not be answered; the reconciler rings again",
      );
    });
    // Before the job ends, because its end fetches the next one.
    gate.release(job);
  };

  const onError = (error: unknown) => {
    outage.begin(error);
    // BullMQ asks again at once after an error that isn't a refused connection.
    if (++errorsInARow > 3) gate?.rest(1_000);
  };

  const kept = await keepOpen<RingWorker>({
    prepare: store.prepare,
    create: () =>
      store.newWorker({
        shard,
        concurrency,
        process,
        onFetched: (job) => gate?.take(job),
        onFailed: (job) => gate?.release(job),
        onError,
      }),
    onOpen: async (worker) => {
      gate = openRoomGate(worker, options.room);
      gate.update();
      if (!worker.isPaused()) worker.run().catch(onError);
      isHealthy = true;
    },
    outage,
  });

  const watch = setInterval(async () => {
    const worker = kept.current();
    if (!worker) return;
    try {
      await within(pingLimitMs, "asking the store", worker.ping());
      isHealthy = true;
      errorsInARow = 0;
      outage.end();
    } catch (error) {
      isHealthy = false;
      outage.begin(error);
      if (store.isWiped(error)) await store.prepare().catch(onError);
    }
  }, pingEveryMs);

  return {
    roomChanged: () => gate?.recheckSoon(),
    isHealthy: () => isHealthy,
    async close(): Promise<void> {
      clearInterval(watch);
      isHealthy = false;
      gate?.close();
      await kept.close();
    },
  };
}
