import { type Backlog, createBacklog, type Room } from "./backlog.ts";
import type { EngineLog } from "./engine-services.ts";
import { createFreedGroups } from "./freed-groups.ts";
import type { ClaimedRun, RunGroup } from "./ports.ts";
import { createRefill } from "./refill.ts";

/** What no ring asks for: those that a limit or an order concerns, what follows where such a run ended, or whatever is due. */
export type Demanded = { setAside: readonly string[] } | { freed: readonly RunGroup[] } | "any";

/** Beyond it, walks find them. */
const maxSetAside = 1_000;
const setAsideAtOnce = 200;

/** How often it is looked whether a claim is due that nothing else leads to. */
const lookMs = 250;

export interface Demand {
  backlog: Backlog;
  /** Claims what is to be claimed, if anything; to be called whenever that or the room for it changes. */
  refill(): void;
  /** Rung, and not claimed because a limit or an order concerns them. */
  noteSetAside(runIds: readonly string[]): void;
  /** A run left. */
  noteFreed(run: ClaimedRun): void;
  close(): void;
}

/**
 * What a limit or an order concerns is claimed apart from other rings, which it would keep waiting. Where such a run ended,
 * the next ones are asked for at once, because nobody rings for them again. A ring for more runs than there was room for is
 * over; what it left is asked for as soon as there is room again.
 */
export function createDemand({
  room,
  isRoomy,
  idleMs,
  claim,
  log,
}: Room & { idleMs: number; claim(which: Demanded): Promise<unknown>; log: EngineLog }): Demand {
  const backlog = createBacklog({ room, isRoomy }, idleMs);
  const freed = createFreedGroups();
  const setAside = new Set<string>();
  let isFailing = false;

  const refill = createRefill<Demanded>(
    [
      () => (setAside.size > 0 && room() > 0 ? { setAside: takeSetAside() } : undefined),
      () => (!freed.isEmpty() && room() > 0 ? { freed: freed.take() } : undefined),
      () => (backlog.isWalkDue() ? "any" : undefined),
    ],
    async (which) => {
      try {
        await claim(which);
        isFailing = false;
        return "claimed";
      } catch (error) {
        // Whatever it was asked for, walks find it.
        backlog.note();
        if (!isFailing) log.warn({ err: error }, "could not claim more runs; trying again");
        isFailing = true;
        return "failed";
      }
    },
  );

  function takeSetAside(): string[] {
    const runIds = [...setAside].slice(0, setAsideAtOnce);
    for (const id of runIds) setAside.delete(id);
    return runIds;
  }

  const looking = setInterval(refill, lookMs).unref();

  return {
    backlog,
    refill,
    noteSetAside(runIds) {
      for (const id of runIds) if (setAside.size < maxSetAside) setAside.add(id);
      if (setAside.size >= maxSetAside) backlog.note();
    },
    noteFreed(run) {
      if (!freed.note(run)) backlog.note();
    },
    close: () => clearInterval(looking),
  };
}
