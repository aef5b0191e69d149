import { setTimeout as delay } from "node:timers/promises";
import type { Doorbell } from "@millrace/engine";
import { jobStore } from "./job-store.ts";
import { keepOpen } from "./keep-open.ts";
import { outageLog, type QueueLog } from "./outage.ts";
import type { QueueConfig } from "./queue-config.ts";
import { type Ring, ringJobs } from "./ring-jobs.ts";
import { shardOf } from "./shard-of.ts";
import type { JobStore, RingJob, RingQueue } from "./store-port.ts";
import { within } from "./within.ts";

const addLimitMs = 1_000;
/** After a failed add the store gets this long before we try again; rings in between are dropped. */
const quietAfterFailureMs = 250;
/** More than this waits for nobody: the reconciler announces the rest. */
const pendingIdLimit = 20_000;

type PendingRing = Ring & { done: () => void };

/**
 * Resolves once the store was tried, reachable or not. A ring resolves when its job is stored or given up,
 * which takes about a second at most.
 */
export async function openDoorbell(
  config: QueueConfig,
  { log }: { log: QueueLog },
): Promise<Doorbell & { close(): Promise<void> }> {
  const store = jobStore(config);
  const lines = await Promise.all(Array.from({ length: config.shards }, (_, shard) => openLine(store, shard, log)));
  return {
    async ring(workspaceId, runIds, { delayMs = 0 } = {}) {
      if (runIds.length === 0) return;
      await lines[shardOf(workspaceId, config.shards)]?.ring({ runIds, delayMs: Math.max(0, Math.ceil(delayMs)) });
    },
    async close() {
      await Promise.all(lines.map((line) => line.close()));
    },
  };
}

/** Rings made together, or while an add is under way, go out together with the next one. */
async function openLine(store: JobStore, shard: number, log: QueueLog) {
  const outage = outageLog(log, `doorbell ${shard}`, "rings are dropped, and the reconciler makes up for them");
  const kept = await keepOpen<RingQueue>({
    prepare: store.prepare,
    create: () => store.newQueue({ shard, onError: (error) => outage.begin(error) }),
    outage,
  });
  let pending: PendingRing[] = [];
  let pendingIds = 0;
  let sending: Promise<void> | undefined;
  let quietUntilMs = 0;
  let sentAtMs = Number.NEGATIVE_INFINITY;

  async function send(jobs: RingJob[]): Promise<void> {
    const queue = kept.current();
    if (!queue) return outage.begin(new Error("not connected yet"));
    if (performance.now() < quietUntilMs) return;
    try {
      await within(addLimitMs, "adding a ring", add(store, queue, jobs));
      outage.end();
    } catch (error) {
      quietUntilMs = performance.now() + quietAfterFailureMs;
      outage.begin(error);
    }
  }

  async function sendAll(): Promise<void> {
    // Rings made in this very tick join the first add.
    await Promise.resolve();
    while (pending.length > 0) {
      const waitMs = sentAtMs + store.ringSpacingMs - performance.now();
      if (waitMs > 0) await delay(waitMs);
      sentAtMs = performance.now();
      const rings = pending;
      pending = [];
      pendingIds = 0;
      await send(ringJobs(rings));
      for (const ring of rings) ring.done();
    }
    sending = undefined;
  }

  return {
    async ring(ring: Ring): Promise<void> {
      if (pendingIds + ring.runIds.length > pendingIdLimit) return;
      pendingIds += ring.runIds.length;
      await new Promise<void>((done) => {
        pending.push({ ...ring, done });
        sending ??= sendAll();
      });
    },
    async close(): Promise<void> {
      await sending;
      await kept.close();
    },
  };
}

async function add(store: JobStore, queue: RingQueue, jobs: RingJob[]): Promise<void> {
  try {
    await queue.add(jobs);
  } catch (error) {
    if (!store.isWiped(error)) throw error;
    await store.prepare();
    await queue.add(jobs);
  }
}
