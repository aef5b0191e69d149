/** Several claims may be under way at once, and how much each of them brings is known afterwards. */
const claimsAtOnce = 4;

export type Bytes = { grow(more: number): void; release(): void };

/**
 * What the runs of one process hold of requests and records, as they are stored: parsed they take a multiple of it. It may
 * be exceeded by the last run of a claim, so that the largest has its turn too, and by what comes of the runs that are held.
 */
export interface ByteBudget {
  hasRoom(): boolean;
  /** How many runs to claim at most: what does not fit is claimed in vain. */
  limit(): number;
  /** For one claim, until what it brought is held. */
  reserve(): Bytes & { maxBytes: number };
  hold(bytes: number): Bytes;
  /** What a claim brought; `isCutShort`: as many bytes as it was given. */
  learn(runs: number, isCutShort: boolean): void;
}

export function createByteBudget(maxBytes: number): ByteBudget {
  let used = 0;
  let limit = Number.POSITIVE_INFINITY;
  const hold = (bytes: number): Bytes => {
    let own = 0;
    const grow = (more: number) => {
      own += more;
      used += more;
    };
    grow(bytes);
    return { grow, release: () => grow(-own) };
  };
  return {
    hasRoom: () => used < maxBytes,
    limit: () => limit,
    reserve() {
      const share = Math.max(0, Math.min(maxBytes - used, Math.ceil(maxBytes / claimsAtOnce)));
      return { maxBytes: share, ...hold(share) };
    },
    hold,
    learn(runs, isCutShort) {
      limit = isCutShort ? Math.max(1, runs) : limit * 2;
    },
  };
}
