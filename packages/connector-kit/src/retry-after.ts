const longestMs = 24 * 60 * 60 * 1000;

/** A Retry-After header, seconds or HTTP date (RFC 9110 §10.2.3), as a wait from `now`; undefined where it says nothing usable. */
export function retryAfterMs(header: string | null, now: Date): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Math.min(Math.ceil(Number(text) * 1000), longestMs);
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) return undefined;
  return Math.min(Math.max(at - now.getTime(), 0), longestMs);
}
