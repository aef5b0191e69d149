import { lengthOf } from "../shell/time-text.ts";
import { useNow } from "../shell/use-now.ts";

/** How long a run took, or has been running for. */
export function RunLength({ startedAt, finishedAt }: { startedAt: string | null; finishedAt: string | null }) {
  const nowMs = useNow();
  if (!startedAt) return <span>–</span>;
  const endMs = finishedAt ? Date.parse(finishedAt) : nowMs;
  return <span className="numbers">{lengthOf(Math.max(0, endMs - Date.parse(startedAt)))}</span>;
}
