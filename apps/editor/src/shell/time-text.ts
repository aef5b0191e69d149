const units: readonly [name: string, ms: number][] = [
  ["y", 31_536_000_000],
  ["mo", 2_592_000_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
];

/** `5 s ago`, `3 min ago`, `in 2 h`; "just now" within two seconds. */
export function ago(at: Date | string, nowMs: number): string {
  const distanceMs = new Date(at).getTime() - nowMs;
  const size = Math.abs(distanceMs);
  const [unit, unitMs] = units.find(([, ms]) => size >= ms) ?? ["s", 1_000];
  if (size < 2_000) return "just now";
  const text = `${Math.floor(size / unitMs)} ${unit}`;
  return distanceMs > 0 ? `in ${text}` : `${text} ago`;
}

/** `12 ms`, `1.4 s`, `2 min 5 s`, `1 h 3 min`. */
export function lengthOf(ms: number): string {
  if (ms < 1) return "< 1 ms";
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return join(minutes, "min", seconds % 60, "s");
  return join(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

const join = (major: number, majorUnit: string, minor: number, minorUnit: string) =>
  minor === 0 ? `${major} ${majorUnit}` : `${major} ${majorUnit} ${minor} ${minorUnit}`;

/** The moment in full, in the reader's time zone: what a tooltip over a relative time shows. */
export function momentText(at: Date | string): string {
  return new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" }).format(new Date(at));
}
