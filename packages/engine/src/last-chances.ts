import { type ClaimedRun, crashLimit } from "./ports.ts";

/** What kills its worker mostly does so at once. A run that has lasted for this long on its own may have others beside it. */
const probationMs = 1_500;
/** What runs already gets so long to end, so that fewer are harmed if the next one kills the worker. */
const clearingMs = 1_000;
/** No further run on probation begins once they have kept the others waiting for as long. */
const probationsMs = 5_000;

/** One that killed its worker later than that, each time anew, has to last for twice as long the next time. */
const probationOf = ({ crashCount }: ClaimedRun): number => probationMs * 2 ** Math.max(0, crashCount - crashLimit + 1);

type Entry = { run: ClaimedRun; done: Promise<void> };

type Pool<Held extends Entry> = {
  held: ReadonlySet<Held>;
  isDraining(): boolean;
  /** Claims a run that waits for its last chance, if there is one, and starts it. */
  begin(): Promise<Held[]>;
  trust(survivors: readonly Held[]): Promise<void>;
};

export interface LastChances {
  /** While it is true, nothing else is to be claimed. */
  isIsolating(): boolean;
  /** Runs those that one more crash would end, one after the other, each apart from others at first. */
  take(): Promise<void>;
}

/** The others get half as much time for themselves as they were kept waiting. */
export function createLastChances<Held extends Entry>(pool: Pool<Held>): LastChances {
  let isIsolating = false;
  let nextAt = Number.NEGATIVE_INFINITY;

  async function takeUntil(endsAt: number): Promise<void> {
    while (!pool.isDraining() && performance.now() < endsAt) {
      await within(clearingMs, Promise.all([...pool.held].map(({ done }) => done)));
      const alone = await pool.begin();
      const [first] = alone;
      if (first === undefined) return;
      await within(probationOf(first.run), Promise.all(alone.map(({ done }) => done)));
      const survivors = alone.filter((entry) => pool.held.has(entry));
      if (survivors.length > 0) await pool.trust(survivors);
    }
  }

  return {
    isIsolating: () => isIsolating,
    async take() {
      const startedAt = performance.now();
      if (isIsolating || startedAt < nextAt) return;
      isIsolating = true;
      try {
        await takeUntil(startedAt + probationsMs);
      } finally {
        isIsolating = false;
        const endedAt = performance.now();
        nextAt = endedAt + (endedAt - startedAt) / 2;
      }
    },
  };
}

async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
