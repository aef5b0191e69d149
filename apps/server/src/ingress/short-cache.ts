/** Short enough that what was rotated, paused, revoked or deleted is noticed by every process within 5 s. */
const keptMs = 2_000;
const entriesKept = 10_000;

type Entry<Value> = { found: Promise<Value>; until: number };

/** Remembers what was looked up for 2 s, that nothing was found included; lookups of one key at once share one. */
export function createShortCache<Asked, Value>(options: {
  find(asked: Asked): Promise<Value>;
  keyOf(asked: Asked): string;
  /** Milliseconds of a clock that never jumps: set back, any other would keep what was revoked. */
  now(): number;
}): (asked: Asked) => Promise<Value> {
  const entries = new Map<string, Entry<Value>>();
  return (asked) => {
    const key = options.keyOf(asked);
    const known = entries.get(key);
    if (known && known.until > options.now()) return known.found;
    const found = options.find(asked);
    found.catch(() => entries.delete(key));
    entries.delete(key);
    entries.set(key, { found, until: options.now() + keptMs });
    const [oldest] = entries.keys();
    if (entries.size > entriesKept && oldest !== undefined) entries.delete(oldest);
    return found;
  };
}
