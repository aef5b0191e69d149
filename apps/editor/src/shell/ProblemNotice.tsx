import { Button } from "@mantine/core";
import { ApiError } from "@millrace/contract";
import { CircleAlert, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./ProblemNotice.module.css";

type Props = { error: Error; onRetry?: (() => void) | undefined; title?: string; children?: ReactNode };

/** What went wrong in the server's own words, with the places it names and what to do next. */
export function ProblemNotice({ error, onRetry, title, children }: Props) {
  const issues = error instanceof ApiError ? error.issues : [];
  return (
    <div className={classes.notice} role="alert">
      <CircleAlert size={16} aria-hidden className={classes.icon} />
      <div className={classes.body}>
        <strong>{title ?? titleOf(error)}</strong>
        <div>{error.message}</div>
        {issues.length > 0 && (
          <ul className={classes.issues}>
            {issues.slice(0, 8).map((issue) => (
              <li key={`${issue.path} ${issue.message}`}>
                {issue.path && <code className="mono">{issue.path}</code>} {issue.message}
              </li>
            ))}
          </ul>
        )}
        {error instanceof ApiError && error.instance && (
          <div className={classes.instance}>Request {error.instance}</div>
        )}
        {children}
      </div>
      {onRetry && (
        <Button variant="default" size="xs" leftSection={<RotateCw size={12} aria-hidden />} onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

function titleOf(error: Error): string {
  if (!(error instanceof ApiError)) return "Something went wrong";
  if (error.status === 0) return "Millrace does not answer";
  if (error.status === 403) return "You may not do this";
  return error.title;
}
