import { createLocalJWKSet } from "jose";
import { z } from "zod";

/** Fetches a key set and gives its JSON. Timeouts, size limits and private addresses are the fetcher's concern. */
export type FetchJwks = (url: string) => Promise<unknown>;

/** The published keys of one URL, imported once and looked up by a token's algorithm and key id. */
export type KeySet = ReturnType<typeof createLocalJWKSet>;

export type JwksCache = {
  /** `newer` asks again unless that was done a moment ago: a token names a key that the cached set does not have. */
  find(url: string, wanted?: "cached" | "newer"): Promise<KeySet | undefined>;
};

const freshMs = 600_000;
/** While newer keys are asked for, or the provider cannot be reached, its last ones are still good for this long. */
const staleMs = 3_600_000;
/** Tokens with made-up key ids must not turn into a flood of requests to the provider. */
const pauseMs = 30_000;
const mostUrls = 500;
/** Senders give up after a few seconds. A fetch that takes longer goes on, for whoever comes next. */
const longestWaitMs = 1_500;

const jsonWebKeySet = z.object({
  keys: z
    .array(z.looseObject({ kty: z.string() }))
    .min(1)
    .max(100),
});

type Entry = {
  keys: { set: KeySet; fetchedAt: number } | undefined;
  triedAt: number;
  pending: Promise<void> | undefined;
};

/**
 * Key sets by URL. One request at a time for each, shared by all who wait. Keep one cache a process. `now` gives milliseconds
 * of a clock that never jumps: set back, any other would keep a withdrawn key. Nobody waits for longer than `waitMs`.
 */
export function createJwksCache(
  fetchJwks: FetchJwks,
  now: () => number = () => performance.now(),
  waitMs: number = longestWaitMs,
): JwksCache {
  const entries = new Map<string, Entry>();

  const entryFor = (url: string): Entry => {
    const entry = entries.get(url) ?? { keys: undefined, triedAt: Number.NEGATIVE_INFINITY, pending: undefined };
    entries.delete(url);
    entries.set(url, entry);
    const [oldest] = entries.keys();
    if (entries.size > mostUrls && oldest !== undefined) entries.delete(oldest);
    return entry;
  };

  const refresh = async (entry: Entry, url: string, nowMs: number): Promise<void> => {
    entry.triedAt = nowMs;
    try {
      const set = createLocalJWKSet(jsonWebKeySet.parse(await fetchJwks(url)));
      entry.keys = { set, fetchedAt: nowMs };
    } catch {
      // Old keys stay until they are stale; without any, the request is refused with keys_unavailable.
    } finally {
      entry.pending = undefined;
    }
  };

  return {
    async find(url, wanted = "cached") {
      const nowMs = now();
      const entry = entryFor(url);
      const isNewerWanted = wanted === "newer" || ageOf(entry, nowMs) >= freshMs;
      if (isNewerWanted && nowMs - entry.triedAt >= pauseMs) entry.pending ??= refresh(entry, url, nowMs);
      const isOfUse = wanted === "cached" && ageOf(entry, nowMs) < staleMs;
      if (!isOfUse && entry.pending) await settledWithin(entry.pending, waitMs);
      return ageOf(entry, nowMs) < staleMs ? entry.keys?.set : undefined;
    },
  };
}

const ageOf = ({ keys }: Entry, nowMs: number): number => (keys ? nowMs - keys.fetchedAt : Number.POSITIVE_INFINITY);

/** Resolves when `pending` does, which never rejects, or after so many milliseconds. */
function settledWithin(pending: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void pending.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
