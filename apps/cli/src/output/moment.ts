const units = [
  { name: "d", ms: 86_400_000 },
  { name: "h", ms: 3_600_000 },
  { name: "min", ms: 60_000 },
  { name: "s", ms: 1_000 },
] as const;

/** `3 min ago`, `in 2 h`, `now`; a dash for what has not happened. */
export function presentMoment(time: string | null, now: Date): string {
  if (time === null) return "–";
  const ms = new Date(time).getTime() - now.getTime();
  const unit = units.find((each) => Math.abs(ms) >= each.ms);
  if (!unit) return "now";
  const amount = `${Math.floor(Math.abs(ms) / unit.ms)} ${unit.name}`;
  return ms < 0 ? `${amount} ago` : `in ${amount}`;
}

/** `850 ms`, `1.2 s`, `4 min 10 s`; empty while it lasts. */
export function presentSpan(from: string | null, to: string | null): string {
  if (from === null || to === null) return "";
  const ms = Math.max(0, new Date(to).getTime() - new Date(from).getTime());
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
}
