export type WaitingRoomOptions = {
  least: number;
  most: number;
  soonMs: number;
  now(): number;
};

const growth = 0.25;
const shrinking = 0.7;

/**
 * How many requests may wait, found out as TCP finds its window: a little more with every one that was recorded soon, a
 * good deal less when one was late. A queue that is longer than the database can work off in time helps nobody: everyone in
 * it would be refused in the end, and the work done for them be lost.
 */
export function createWaitingRoom({ least, most, soonMs, now }: WaitingRoomOptions) {
  let size = most;
  let shrunkAt = Number.NEGATIVE_INFINITY;
  return {
    size: () => size,
    took(ms: number): void {
      if (ms <= soonMs) {
        size = Math.min(most, size + growth);
      } else if (now() - shrunkAt > soonMs) {
        // Those that are late together count once.
        shrunkAt = now();
        size = Math.max(least, size * shrinking);
      }
    },
  };
}
