/** With little room, a walk waits so long for more of it. */
const patienceMs = 250;
/** Walks that see only some of the queued runs go on for so long after the last ring that was not answered. */
const oweMs = 5_000;

export type Room = {
  /** For how many more runs there is room. */
  room(): number;
  /** Whether that is enough to be worth a walk. */
  isRoomy(): boolean;
};

/** Whether a walk over all queued runs is due: there was more to claim than room for it, or nothing is heard of. */
export interface Backlog {
  /** Rings are only news: whoever rings the most must not be served before those whose turn it is. */
  exists(): boolean;
  /** There is more to claim than there was room for. */
  note(): void;
  /** A ring was left to the walks, of which one may be under way that does not see its runs yet. */
  leaveRing(): void;
  /** A claim is made. */
  claims(): void;
  isWalkDue(): boolean;
  beginWalk(): void;
  /** `isFull`: it claimed as many as there was room for; `sawAll`: no queued run was left unseen. */
  endWalk(walk: { isFull: boolean; sawAll: boolean }): void;
}

/** `idleMs`: rings may be lost, so where nothing was claimed for so long a walk looks whether anything is there. */
export function createBacklog(room: Room, idleMs: number, now = () => performance.now()): Backlog {
  let exists = false;
  let isRungMeanwhile = false;
  /** The last walk did not see everything, and a ring was left to it. */
  let owesWalk = false;
  let claimedAt = now();
  let walkedAt = Number.NEGATIVE_INFINITY;
  let leftRingAt = Number.NEGATIVE_INFINITY;

  return {
    exists: () => exists,
    note() {
      exists = true;
    },
    leaveRing() {
      exists = true;
      isRungMeanwhile = true;
      leftRingAt = now();
    },
    claims() {
      claimedAt = now();
    },
    isWalkDue() {
      if (room.room() === 0) return false;
      const isPatient = now() - walkedAt >= patienceMs;
      return (exists && (room.isRoomy() || isPatient)) || (owesWalk && isPatient) || now() - claimedAt >= idleMs;
    },
    beginWalk() {
      exists = false;
      isRungMeanwhile = false;
      owesWalk = false;
    },
    endWalk({ isFull, sawAll }) {
      walkedAt = now();
      exists ||= isFull || isRungMeanwhile;
      owesWalk = !sawAll && now() - leftRingAt < oweMs;
    },
  };
}
