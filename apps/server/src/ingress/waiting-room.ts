export type WaitingRoomOptions = {
  least: number;
  most: number;
  soonMs: number;
  /** What was late so long ago says nothing about now, in ms. */
  calmMs: number;
  now(): number;
};

const growth = 0.25;
const shrinking = 0.7;

/**
 * How many requests may wait, found out as TCP finds its window: a little more with every one that was recorded soon, a
 * good deal less when one was late. A queue that is longer than the database can work off in time helps nobody: everyone in
 * it would be refused in the end, and the work done for them be lost. After an outage few requests come that could make it
 * grow again, so it does so by itself: the next burst finds it whole.
 */
export function createWaitingRoom({ least, most, soonMs, calmMs, now }: WaitingRoomOptions) {
  let size = most;
  let shrunkAt = Number.NEGATIVE_INFINITY;
  let lateAt = Number.NEGATIVE_INFINITY;
  return {
    size(): number {
      if (size < most && now() - lateAt > calmMs) size = most;
      return size;
    },
    took(ms: number): void {
      if (ms <= soonMs) {
        size = Math.min(most, size + growth);
        return;
      }
      lateAt = now();
      // Those that are late together count once.
      if (lateAt - shrunkAt <= soonMs) return;
      shrunkAt = lateAt;
      size = Math.max(least, size * shrinking);
    },
  };
}
