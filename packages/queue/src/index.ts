export { openDoorbell } from "./doorbell.ts";
export { type LiveChannel, openLiveEvents } from "./live-events.ts";
export type { LiveFilter, LiveListener } from "./live-watchers.ts";
export type { QueueLog } from "./outage.ts";
export { type QueueConfig, queueConfig } from "./queue-config.ts";
export { openQueueMetrics, type QueueMetrics } from "./queue-metrics.ts";
export { openRingListener, type RingListener, type RingListenerOptions } from "./ring-listener.ts";
export { checkQueue, migrateQueue } from "./set-up-queue.ts";
export type { QueueCounts } from "./store-port.ts";
