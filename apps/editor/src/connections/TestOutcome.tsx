import type { ConnectionTest } from "@millrace/contract";
import { CircleCheck, CircleX } from "lucide-react";
import classes from "./TestOutcome.module.css";

export function TestOutcome({ test }: { test: ConnectionTest }) {
  if (test.ok) {
    return (
      <div className={classes.outcome} data-ok role="status">
        <CircleCheck size={16} aria-hidden />
        <div>
          <strong>It works.</strong> {test.account && `Account: ${test.account}`}
        </div>
      </div>
    );
  }
  return (
    <div className={classes.outcome} role="alert">
      <CircleX size={16} aria-hidden />
      <div>
        <strong>{test.failure.message}</strong>
        {test.failure.advice && <div>{test.failure.advice}</div>}
      </div>
    </div>
  );
}
