export type SendJob = {
  id: string;
  /** Tried in turn; a resend goes to the next one. */
  urls: readonly string[];
  /** Events are named `<prefix>-<seq>`, seq from 0; the prefix is the id where none is given. */
  prefix?: string;
  count: number;
  /** Each event is sent this often at once. */
  copies?: number;
  /** Sends the events in any order instead of by their numbers: the same one for the same seed. Not in a flood. */
  shuffleSeed?: number;
  /** Open loop; absent: as fast as `connections` allow. */
  ratePerS?: number;
  connections: number;
  /** Until a 2xx comes; else each request is sent once. */
  resends: boolean;
  timeoutMs?: number;
  /**
   * As much load as this process can make, each event once: it goes before others on the processors, `connections` bounds
   * those to each server at a rate too, and what was acknowledged is on disk a bit later.
   */
  isFlood?: boolean;
  headers?: Readonly<Record<string, string>>;
  /** As this provider signs; `offsetS` is how far the sender's clock is off. */
  signature?: { provider: "github" | "stripe"; secret: string; offsetS?: number };
  /** More members of the body. */
  extra?: Readonly<Record<string, string | number>>;
};

/** Written, and fsynced, only after a 2xx. `key` is what the endpoint deduplicates by. */
export type Ack = {
  job: string;
  seq: number;
  event: string;
  key: string;
  runId: string;
  status: number;
  isDuplicate: boolean;
  at: number;
};

/** Every request, answered or not. `status` 0: no answer. */
export type Attempt = {
  job: string;
  event: string;
  url: string;
  status: number;
  error?: string;
  retryAfter?: string;
  sentAt: number;
  tookMs: number;
};

export type ProducerCommand = { type: "send"; job: SendJob } | { type: "stop"; id: string };
export type ProducerReport = { type: "ready" } | { type: "done"; id: string };
