import type { Failure } from "@millrace/base";

const firstMs = 1_000;
const capMs = 30_000;
/** A provider may ask for longer than this; we look again after an hour. */
const longestAskedMs = 3_600_000;

/**
 * How long to wait before attempt `attempt + 1`: exponential with full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), never less than the provider asked for.
 * `random` gives numbers in [0, 1).
 */
export function backoffMs(attempt: number, failure: Failure, random: () => number): number {
  const ceiling = Math.min(capMs, firstMs * 2 ** (attempt - 1));
  const jittered = Math.round(ceiling * random());
  const asked = failure.detail.retryAfterMs;
  if (asked === undefined) return jittered;
  // The jitter on top keeps runs that were refused together from coming back together.
  return Math.min(Math.max(0, asked), longestAskedMs) + jittered;
}
