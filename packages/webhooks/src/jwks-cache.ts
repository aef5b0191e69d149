import { isJsonObject } from "@millrace/base";
import type { JSONWebKeySet } from "jose";

/** Fetches a key set and gives its JSON. Timeouts, size limits and private addresses are the fetcher's concern. */
export type FetchJwks = (url: string) => Promise<unknown>;

export type JwksCache = {
  /** `newer` asks again unless that was done a moment ago: a token names a key that the cached set does not have. */
  find(url: string, now: Date, wanted?: "cached" | "newer"): Promise<JSONWebKeySet | undefined>;
};

const freshMs = 600_000;
/** While the provider cannot be reached, its last keys are still good for this long. */
const staleMs = 3_600_000;
/** Tokens with made-up key ids must not turn into a flood of requests to the provider. */
const pauseMs = 30_000;
const mostUrls = 500;
const mostKeys = 100;

type Entry = {
  keys: JSONWebKeySet | undefined;
  fetchedAt: number;
  triedAt: number;
  pending: Promise<void> | undefined;
};

/** Key sets by URL. One request at a time for each, shared by all who wait. Keep one cache a process. */
export function createJwksCache(fetchJwks: FetchJwks): JwksCache {
  const entries = new Map<string, Entry>();

  const entryFor = (url: string): Entry => {
    const entry = entries.get(url) ?? { keys: undefined, fetchedAt: 0, triedAt: 0, pending: undefined };
    entries.delete(url);
    entries.set(url, entry);
    const [oldest] = entries.keys();
    if (entries.size > mostUrls && oldest !== undefined) entries.delete(oldest);
    return entry;
  };

  const refresh = async (entry: Entry, url: string, nowMs: number): Promise<void> => {
    entry.triedAt = nowMs;
    try {
      const keys = parseKeySet(await fetchJwks(url));
      if (keys) Object.assign(entry, { keys, fetchedAt: nowMs });
    } catch {
      // The caller refuses with keys_unavailable once there is nothing usable left.
    } finally {
      entry.pending = undefined;
    }
  };

  return {
    async find(url, now, wanted = "cached") {
      const nowMs = now.getTime();
      const entry = entryFor(url);
      const isFresh = entry.keys !== undefined && nowMs - entry.fetchedAt < freshMs && wanted === "cached";
      const mayTry = nowMs - entry.triedAt >= pauseMs || entry.triedAt === 0;
      if (!isFresh && (mayTry || entry.pending)) {
        entry.pending ??= refresh(entry, url, nowMs);
        await entry.pending;
      }
      return nowMs - entry.fetchedAt < staleMs ? entry.keys : undefined;
    },
  };
}

function parseKeySet(value: unknown): JSONWebKeySet | undefined {
  if (!isJsonObject(value) || !Array.isArray(value.keys)) return undefined;
  const keys = value.keys.filter((key) => isJsonObject(key) && typeof key.kty === "string").slice(0, mostKeys);
  return keys.length === 0 ? undefined : { keys: keys.map((key) => ({ ...Object(key) })) };
}
