const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `500ms`, `30s`, `5m`, `2h`, `7d`: one whole number and one unit, as definitions write durations. */
export const durationPattern = /^(\d{1,9})(ms|s|m|h|d)$/;

/** Milliseconds of a duration such as `30s`; undefined if it isn't one. */
export function parseDurationMs(text: string): number | undefined {
  const match = durationPattern.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
}

/** 1,000,000 days. Beyond the year 9999 JavaScript writes dates as PostgreSQL does not read them, and soon there are none. */
export const maxLifetimeMs = 1_000_000 * unitMs.d;

/** The shortest exact way to write a number of milliseconds: `90000` becomes `90s`. */
export function presentDuration(ms: number): string {
  for (const unit of ["d", "h", "m", "s"] as const) {
    if (ms >= unitMs[unit] && ms % unitMs[unit] === 0) return `${ms / unitMs[unit]}${unit}`;
  }
  return `${ms}ms`;
}
