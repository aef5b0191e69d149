import type { AutomationSummary } from "@millrace/contract";
import classes from "./ActivityBars.module.css";

/** Runs a day over the last week; the failed part of a day stands out at its foot. */
export function ActivityBars({ activity }: { activity: AutomationSummary["activity"] }) {
  const most = Math.max(1, ...activity.map(({ runs }) => runs));
  const runs = activity.reduce((sum, day) => sum + day.runs, 0);
  const failed = activity.reduce((sum, day) => sum + day.failed, 0);
  const counted = `${runs}${activity.some(({ isCapped }) => isCapped) ? " or more" : ""} runs in 7 days, ${failed} failed`;
  return (
    <span className={classes.bars} role="img" aria-label={counted} title={counted}>
      {activity.map((day) => (
        <span key={day.date} className={classes.day}>
          <span className={classes.runs} style={{ height: `${((day.runs - day.failed) / most) * 100}%` }} />
          <span className={classes.failed} style={{ height: `${(day.failed / most) * 100}%` }} />
        </span>
      ))}
    </span>
  );
}
