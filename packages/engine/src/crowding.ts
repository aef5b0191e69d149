import { type EventLoopUtilization, performance } from "node:perf_hooks";

/** Who was claimed for within this time counts as somebody to be fair to. */
const recentMs = 60_000;
const measureEveryMs = 500;
/** Above this share of its time at work, a process gains nothing from more runs under way: each only takes longer. */
const busyShare = 0.8;
const crowdedPart = 8;

export type CrowdingOptions = {
  /** Milliseconds of a clock that never jumps. */
  now?: () => number;
  /** The share of the time since it was last asked in which this thread was at work. */
  busyShareSinceLast?: () => number;
};

export interface Crowding {
  /** A run of this workspace begins here. */
  note(workspaceId: string): void;
  /** How many of `concurrency` runs should be under way now. */
  allowed(concurrency: number): number;
}

/**
 * Where one workspace has the process to itself, or runs mostly wait for others, all room is for the taking. Where the
 * processor is what runs wait for and several workspaces share it, all of them together take an eighth of the room:
 * whoever comes beside a flood has that much less before him.
 */
export function createCrowding(options: CrowdingOptions = {}): Crowding {
  const { now = () => performance.now(), busyShareSinceLast = measuredShare() } = options;
  const seenAt = new Map<string, number>();
  let measuredAt = now();
  let isBusy = false;

  function measure(time: number): void {
    if (time - measuredAt < measureEveryMs) return;
    measuredAt = time;
    isBusy = busyShareSinceLast() > busyShare;
    for (const [workspaceId, at] of seenAt) if (time - at > recentMs) seenAt.delete(workspaceId);
  }

  return {
    note(workspaceId) {
      seenAt.set(workspaceId, now());
    },
    allowed(concurrency) {
      measure(now());
      return isBusy && seenAt.size > 1 ? Math.ceil(concurrency / crowdedPart) : concurrency;
    },
  };
}

function measuredShare(): () => number {
  let last: EventLoopUtilization = performance.eventLoopUtilization();
  return () => {
    const current = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(current, last);
    last = current;
    return utilization;
  };
}
