import { jobStore } from "./job-store.ts";
import { keepOpen } from "./keep-open.ts";
import { outageLog, type QueueLog } from "./outage.ts";
import type { QueueConfig } from "./queue-config.ts";
import type { QueueCounts, RingQueue } from "./store-port.ts";
import { within } from "./within.ts";

export interface QueueMetrics {
  /** Jobs of all shards; undefined while the store does not answer. Takes a second at most. */
  count(): Promise<QueueCounts | undefined>;
  close(): Promise<void>;
}

export async function openQueueMetrics(config: QueueConfig, { log }: { log: QueueLog }): Promise<QueueMetrics> {
  const store = jobStore(config);
  const outage = outageLog(log, "queue metrics", "there are no figures");
  const shards = await Promise.all(
    Array.from({ length: config.shards }, (_, shard) =>
      keepOpen<RingQueue>({
        prepare: store.prepare,
        create: () => store.newQueue({ shard, onError: (error) => outage.begin(error) }),
        outage,
      }),
    ),
  );
  async function countShard(queue: RingQueue | undefined): Promise<QueueCounts> {
    if (!queue) throw new Error("not connected yet");
    return queue.count();
  }
  return {
    async count() {
      try {
        const counts = await within(
          1_000,
          "counting jobs",
          Promise.all(shards.map((shard) => countShard(shard.current()))),
        );
        outage.end();
        const sum = (key: keyof QueueCounts) => counts.reduce((total, count) => total + count[key], 0);
        return { waiting: sum("waiting"), active: sum("active"), delayed: sum("delayed") };
      } catch (error) {
        outage.begin(error);
        return undefined;
      }
    },
    async close() {
      await Promise.all(shards.map((shard) => shard.close()));
    },
  };
}
