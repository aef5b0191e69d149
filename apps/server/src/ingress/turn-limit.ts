export type TurnLimitOptions = {
  /** How many requests one turn of the event loop lets in: as many as turn out to fit, between these two. */
  least: number;
  most: number;
  /** So long a turn may take, in ms. */
  turnMs: number;
  /**
   * So long after there was no room the limit holds, in ms. Then all are let in until the room is full again: a limit that
   * prolonged itself would refuse what fits into the room, for as long as turns are long because of other work.
   */
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
      return count >= size && isCrowded();
    },
    letIn() {
      count++;
    },
  };
}
