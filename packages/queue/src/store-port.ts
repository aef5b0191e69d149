import type { Job, Relay } from "bullmq";

/** Ids only: jobs may be lost, doubled or read by anyone who can read the store. */
export type RingData = { runIds: string[] };
export type RingJob = { name: "run.advance"; data: RingData; opts: { delay?: number } };
export type QueueCounts = { waiting: number; active: number; delayed: number };

export interface Openable {
  /** Rejects if it can never become usable; may wait for ever while the store is away. */
  waitUntilReady(): Promise<unknown>;
  /** Ends every connection, whatever state the store is in. */
  close(): Promise<void>;
}

export interface RingQueue extends Openable {
  add(jobs: readonly RingJob[]): Promise<void>;
  count(): Promise<QueueCounts>;
}

export interface RingWorker extends Openable {
  run(): Promise<void>;
  /** No new job is fetched; one that is being fetched still comes. */
  pause(): void;
  resume(): void;
  isPaused(): boolean;
  /** Asks the store something cheap. */
  ping(): Promise<void>;
}

export type RingProcessor = (job: Job<RingData>, token: string) => Promise<void>;
export type WorkerSettings = {
  /** Called before the worker can fetch another job. */
  onFetched: (job: Job<RingData>) => void;
  /** Also for jobs that were never processed, because they stalled too often. */
  onFailed: (job: Job<RingData>) => void;
  shard: number;
  concurrency: number;
  process: RingProcessor;
  onError: (error: unknown) => void;
};

export interface MessageRelay extends Openable, Pick<Relay, "publish" | "subscribe" | "getPatterns"> {}

/** What the rest of this package needs from a backend. */
export interface JobStore {
  /**
   * While rings come in company, a job is added this long after the one before it, for several rings at once: what a job costs the store,
   * against what the runs wait for it. A ring that comes alone waits for nobody.
   */
  ringSpacingMs: number;
  /** Makes what jobs are kept in, where that is missing. */
  prepare(): Promise<void>;
  /** Whether this error says that the store was emptied under us. */
  isWiped(error: unknown): boolean;
  /** What an operator should change about the store. */
  findMisconfigurations(): Promise<string[]>;
  newQueue(settings: { shard: number; onError: (error: unknown) => void }): RingQueue;
  newWorker(settings: WorkerSettings): RingWorker;
  newRelay(onError: (error: unknown) => void): MessageRelay;
}

/** Lock and stall times: a job whose worker died is handed on within 20 s. One that stalls twice is dropped; the reconciler rings again. */
export const workerTimes = { lockDuration: 15_000, stalledInterval: 5_000, maxStalledCount: 1, runRetryDelay: 1_000 };

/** A ring leaves nothing behind, whether it was answered or not. */
export const ringDefaults = { attempts: 1, removeOnComplete: true, removeOnFail: true };

/** Nobody reads BullMQ's own event stream here, so it stays short. */
export const shortStreams = { events: { maxLen: 100 } };

/** A lease of 6 s: a node finds out within 2 s that the store forgot it. */
export const relayTimes = {
  namespace: "live",
  leaseDuration: 6_000,
  inboxMaxLength: 2_000,
  maxMessageSize: 256 * 1024,
};
