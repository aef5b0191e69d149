import type { AttemptView } from "@millrace/contract";
import { StatusIcon } from "../shell/StatusBadge.tsx";
import { lengthOf } from "../shell/time-text.ts";
import classes from "./StepRecord.module.css";

/** Every call that was made, with the wait before the next one. */
export function Attempts({ attempts }: { attempts: readonly AttemptView[] }) {
  return (
    <section className={classes.attempts} aria-label="Attempts">
      <strong>{attempts.length === 1 ? "1 attempt" : `${attempts.length} attempts`}</strong>
      <ol>
        {attempts.map((attempt, index) => {
          const previous = attempts[index - 1];
          const waitedMs = previous ? Date.parse(attempt.startedAt) - Date.parse(previous.finishedAt) : 0;
          return (
            <li key={attempt.startedAt + String(index)}>
              <span style={{ alignSelf: "center", display: "inline-flex" }}>
                <StatusIcon status={attempt.failure ? "failed" : "succeeded"} />
              </span>
              <span className={classes.attemptText}>
                {attempt.failure ? attempt.failure.message : "Succeeded"}
                {attempt.failure?.httpStatus && (
                  <span className={classes.quiet}> · HTTP {attempt.failure.httpStatus}</span>
                )}
              </span>
              <span className={`${classes.quiet} numbers`}>
                {waitedMs > 0 && `waited ${lengthOf(waitedMs)}, `}
                {lengthOf(Math.max(0, Date.parse(attempt.finishedAt) - Date.parse(attempt.startedAt)))}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
