/** What is older is asked for again, while it goes on being told. */
const freshMs = 1_000;
/** What is older is looked up before it is told: so what was rotated, paused, revoked or deleted is noticed by every process within 5 s. */
const keptMs = 2_000;
/** But where looking it up fails, what is older than this; a lookup may take another second until it does. */
const keptInTroubleMs = 3_500;
const entriesKept = 10_000;

type Entry<Value> = { found: Promise<Value>; askedAt: number; isRenewing: boolean };

/**
 * Remembers what was looked up, that nothing was found included; lookups of one key at once share one. Whoever asks all the time
 * never waits for a lookup, nor is refused because one fails. What was not there is kept apart: names that somebody
 * makes up by the thousand displace one another and nothing else.
 */
export function createShortCache<Asked, Value>(options: {
  /** `isKnown`: it was there when it was last looked up. */
  find(asked: Asked, isKnown: boolean): Promise<Value>;
  keyOf(asked: Asked): string;
  /** Milliseconds of a clock that never jumps: set back, any other would keep what was revoked. */
  now(): number;
}): (asked: Asked) => Promise<Value> {
  const present = new Map<string, Entry<Value>>();
  const absent = new Map<string, Entry<Value>>();

  function keep(entries: Map<string, Entry<Value>>, key: string, entry: Entry<Value>): void {
    forget(key);
    entries.set(key, entry);
    const [oldest] = entries.keys();
    if (entries.size > entriesKept && oldest !== undefined) entries.delete(oldest);
  }

  function forget(key: string): void {
    present.delete(key);
    absent.delete(key);
  }

  const find = (key: string) => present.get(key) ?? absent.get(key);

  function ask(key: string, asked: Asked): Promise<Value> {
    const former = present.get(key);
    const found = options.find(asked, former !== undefined);
    const askedAt = options.now();
    const isUsable = former !== undefined && askedAt - former.askedAt < keptInTroubleMs;
    const entry = { found: isUsable ? found.catch(() => former.found) : found, askedAt, isRenewing: false };
    keep(present, key, entry);
    found.then(
      (value) => {
        if (value === undefined && find(key) === entry) keep(absent, key, entry);
      },
      () => {
        if (find(key) !== entry) return;
        forget(key);
        // Too old to be told, and still known to have been there.
        if (former) keep(present, key, former);
      },
    );
    return entry.found;
  }

  function renew(key: string, asked: Asked, known: Entry<Value>): void {
    known.isRenewing = true;
    const askedAt = options.now();
    const found = options.find(asked, present.has(key));
    found.then(
      (value) => {
        if (find(key) === known) {
          keep(value === undefined ? absent : present, key, { found, askedAt, isRenewing: false });
        }
      },
      () => {
        // Who asks next tries again.
        known.isRenewing = false;
      },
    );
  }

  return (asked) => {
    const key = options.keyOf(asked);
    const known = find(key);
    const ageMs = known ? options.now() - known.askedAt : Number.POSITIVE_INFINITY;
    if (!known || ageMs >= keptMs) return ask(key, asked);
    if (ageMs >= freshMs && !known.isRenewing) renew(key, asked, known);
    return known.found;
  };
}
