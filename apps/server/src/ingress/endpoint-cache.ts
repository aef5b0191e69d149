import { createHash } from "node:crypto";

/** Short enough that a rotated, paused or deleted endpoint is noticed by every process within 5 s. */
const keptMs = 2_000;
const entriesKept = 10_000;

type Entry<Endpoint> = { found: Promise<Endpoint | undefined>; until: number };

/** Remembers lookups for 2 s, unknown tokens included; concurrent requests share one. Tokens are kept as hashes only. */
export function createEndpointCache<Endpoint>(
  find: (token: string) => Promise<Endpoint | undefined>,
  now: () => number,
): (token: string) => Promise<Endpoint | undefined> {
  const entries = new Map<string, Entry<Endpoint>>();
  return (token) => {
    const key = createHash("sha256").update(token).digest("base64");
    const known = entries.get(key);
    if (known && known.until > now()) return known.found;
    const found = find(token);
    found.catch(() => entries.delete(key));
    entries.delete(key);
    entries.set(key, { found, until: now() + keptMs });
    const [oldest] = entries.keys();
    if (entries.size > entriesKept && oldest !== undefined) entries.delete(oldest);
    return found;
  };
}
