export type TurnLimitOptions = {
  /** How many requests one turn of the event loop lets in: as many as turn out to fit, between these two. */
  least: number;
  most: number;
  /** So long a turn may take, in ms. */
  turnMs: number;
  /** So long after there was no room, or the limit was reached, it holds, in ms. */
  crowdedMs: number;
  /** Milliseconds of a clock that never jumps. */
  now(): number;
};

export type TurnLimit = {
  /** There was no room for a request just now. */
  crowd(): void;
  /** Asked for each request of a turn. */
  isReached(): boolean;
  letIn(): void;
};

const growth = 1;
const shrinking = 0.8;

/**
 * While there are more requests than room, whoever is turned away waits for everything that his turn of the event loop and the
 * one before it let in. So a turn that took too long, be it that others had the processor, lets fewer in next time.
 * A burst that fits into the room is not concerned, however slow this machine is.
 */
export function createTurnLimit({ least, most, turnMs, crowdedMs, now }: TurnLimitOptions): TurnLimit {
  let size = least;
  let count = 0;
  let startedAt: number | undefined;
  let crowdedAt = Number.NEGATIVE_INFINITY;
  const isCrowded = () => now() - crowdedAt < crowdedMs;

  function start(): void {
    startedAt = now();
    count = 0;
    // All that came in this turn is read before this.
    setImmediate(() => {
      const isLong = startedAt !== undefined && now() - startedAt > turnMs;
      size = isLong ? Math.max(least, size * shrinking) : Math.min(most, size + growth);
      startedAt = undefined;
    });
  }

  return {
    crowd() {
      if (!isCrowded()) size = least;
      crowdedAt = now();
    },
    isReached() {
      if (startedAt === undefined) start();
      const isReached = count >= size && isCrowded();
      // Or the limit would be lifted in the middle of a flood, because it keeps the room from being full.
      if (isReached) crowdedAt = now();
      return isReached;
    },
    letIn() {
      count++;
    },
  };
}
