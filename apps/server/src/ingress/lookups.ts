import type { Unavailable, UnavailableReason } from "./admission.ts";
import { afterDeadline } from "./after-deadline.ts";

export type LookupLimits = {
  /** Lookups under way, those that wait for their turn included. */
  lookups: number;
  /** Those that the database is asked at once. */
  lookupsAtOnce: number;
  lookupMs: number;
  /** For one of something that is known to be there. */
  knownLookupMs: number;
};

export type LookupOptions = {
  /** It is known to be there: there are only so many of those, and any number of names that somebody makes up. */
  isKnown?: boolean;
};

export type Lookups = {
  /**
   * A read from the database that answers in time or rejects with Unavailable. One of something that is known neither waits for
   * others nor is refused for their number.
   */
  lookUp<Result>(read: () => Promise<Result>, options?: LookupOptions): Promise<Result>;
  /** In the order in which they came. */
  underWay: ReadonlySet<{ since: number }>;
};

type Lookup = { since: number; start(): void };

export function createLookups(options: {
  limits: LookupLimits;
  now(): number;
  refusal(reason: UnavailableReason, cause?: unknown): Unavailable;
}): Lookups {
  const { limits, now, refusal } = options;
  const underWay = new Set<Lookup>();
  const waiting = new Set<Lookup>();
  let asked = 0;

  function startNext(): void {
    const [next] = waiting;
    if (next && asked < limits.lookupsAtOnce) next.start();
  }

  function lookUp<Result>(read: () => Promise<Result>, { isKnown = false }: LookupOptions = {}): Promise<Result> {
    if (!isKnown && underWay.size >= limits.lookups) return Promise.reject(refusal("overloaded"));
    return new Promise((resolve, reject) => {
      const lookup: Lookup = { since: now(), start };
      let hasTurn = false;
      const limitMs = isKnown ? limits.knownLookupMs : limits.lookupMs;
      const deadline = afterDeadline(limitMs, () => {
        const wasWaiting = waiting.delete(lookup);
        if (wasWaiting) underWay.delete(lookup);
        endTurn();
        reject(refusal(wasWaiting ? "overloaded" : "unavailable"));
      });
      function start(): void {
        waiting.delete(lookup);
        hasTurn = !isKnown;
        if (hasTurn) asked++;
        read()
          .then(resolve, (error: unknown) => reject(refusal("unavailable", error)))
          .finally(() => {
            deadline.cancel();
            underWay.delete(lookup);
            endTurn();
          });
      }
      /** Over with the deadline at the latest: a read that hangs must not keep the others waiting. */
      function endTurn(): void {
        if (!hasTurn) return;
        hasTurn = false;
        asked--;
        startNext();
      }
      underWay.add(lookup);
      if (isKnown) start();
      else {
        waiting.add(lookup);
        startNext();
      }
    });
  }

  return { lookUp, underWay };
}
