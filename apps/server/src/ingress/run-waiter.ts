import type { LiveEvent, RunOutcome, RunOutcomes } from "@millrace/engine";

export type LiveWatch = {
  /** Returns the way to end it. */
  subscribe(filter: { workspaceId: string }, listener: (event: LiveEvent) => void): () => void;
};

type WaitedFor = { workspaceId: string; endpointId: string; runId: string };

type Waiting = WaitedFor & {
  /** As it was read last. */
  outcome: RunOutcome | undefined;
  finish(): void;
};

export const waiterDefaults = {
  /** Senders rarely wait for longer than 30 s. */
  longestMs: 25_000,
  pollMs: 250,
  /** Beyond it nobody is kept waiting. */
  mostWaiting: 2_000,
  /** And beyond this nobody at one endpoint, so that slow runs of one leave room for all others. */
  mostOfEndpoint: 500,
  /** A subscription outlives its last waiter, so that one request after the other does not subscribe anew. */
  lingerMs: 30_000,
};

/**
 * Waits for answers of runs. Live events say when to look, and because they may be lost, everything that is waited for is
 * also looked at four times a second, in one query.
 */
export function createRunWaiter(
  outcomes: Pick<RunOutcomes, "read">,
  live: LiveWatch,
  isReady: (outcome: RunOutcome) => boolean,
  options: typeof waiterDefaults = waiterDefaults,
) {
  const waiting = new Map<string, Waiting>();
  const watched = new Map<string, { count: number; end(): void; linger: NodeJS.Timeout | undefined }>();
  const countOf = new Map<string, number>();
  const due = new Set<string>();
  let isReading = false;
  let isPolling = false;

  async function look(): Promise<void> {
    if (isReading) return;
    isReading = true;
    try {
      while (due.size > 0) {
        const asked = [...due].flatMap((runId) => waiting.get(runId) ?? []);
        due.clear();
        if (asked.length > 0) settle(await outcomes.read(asked));
      }
    } catch {
      // The database may be away for a while; the next look asks again, and in the end the sender gets the run's link.
    } finally {
      isReading = false;
    }
  }

  function settle(read: readonly RunOutcome[]): void {
    for (const outcome of read) {
      const waiter = waiting.get(outcome.runId);
      if (!waiter) continue;
      waiter.outcome = outcome;
      if (isReady(outcome)) waiter.finish();
    }
  }

  function poll(): void {
    isPolling = waiting.size > 0;
    if (!isPolling) return;
    for (const runId of waiting.keys()) due.add(runId);
    void look();
    setTimeout(poll, options.pollMs);
  }

  function watch(workspaceId: string): void {
    const known = watched.get(workspaceId);
    if (known) {
      clearTimeout(known.linger);
      known.count++;
      return;
    }
    const end = live.subscribe({ workspaceId }, ({ runId }) => {
      if (!waiting.has(runId)) return;
      due.add(runId);
      setImmediate(() => void look());
    });
    watched.set(workspaceId, { count: 1, end, linger: undefined });
  }

  function unwatch(workspaceId: string): void {
    const known = watched.get(workspaceId);
    if (!known || --known.count > 0) return;
    known.linger = setTimeout(() => {
      watched.delete(workspaceId);
      known.end();
    }, options.lingerMs);
    known.linger.unref();
  }

  function count(endpointId: string, more: 1 | -1): void {
    const counted = (countOf.get(endpointId) ?? 0) + more;
    if (counted === 0) countOf.delete(endpointId);
    else countOf.set(endpointId, counted);
  }

  const isFull = (endpointId: string) =>
    waiting.size >= options.mostWaiting || (countOf.get(endpointId) ?? 0) >= options.mostOfEndpoint;

  return {
    /** The outcome as it was read last, ready or not; undefined where there was no reading. Never throws. */
    wait({ workspaceId, endpointId, runId }: WaitedFor, stop: AbortSignal): Promise<RunOutcome | undefined> {
      if (isFull(endpointId) || waiting.has(runId)) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          stop.removeEventListener("abort", finish);
          if (waiting.delete(runId)) {
            count(endpointId, -1);
            unwatch(workspaceId);
          }
          resolve(waiter.outcome);
        };
        const waiter: Waiting = { workspaceId, endpointId, runId, outcome: undefined, finish };
        const timer = setTimeout(finish, options.longestMs);
        waiting.set(runId, waiter);
        count(endpointId, 1);
        watch(workspaceId);
        if (!isPolling) {
          isPolling = true;
          setTimeout(poll, options.pollMs / 5);
        }
        if (stop.aborted) finish();
        else stop.addEventListener("abort", finish);
      });
    },
    waiting: () => waiting.size,
  };
}
