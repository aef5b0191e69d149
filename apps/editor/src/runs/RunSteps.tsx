import type { Connector, Run } from "@millrace/contract";
import { Link } from "@tanstack/react-router";
import { Clock3 } from "lucide-react";
import { actionTitle } from "../connectors/action-title.ts";
import { StatusIcon } from "../shell/StatusBadge.tsx";
import { lengthOf, momentText } from "../shell/time-text.ts";
import { useNow } from "../shell/use-now.ts";
import classes from "./RunSteps.module.css";
import { type RunStepRow, recordLengthMs, waterfallBar } from "./run-steps.ts";

type Props = {
  run: Run;
  rows: readonly RunStepRow[];
  catalog: readonly Connector[];
  selected: string | undefined;
  onSelect: (path: string) => void;
};

/** The run from top to bottom: each step with its status, attempts and its part of the time. */
export function RunSteps({ run, rows, catalog, selected, onSelect }: Props) {
  return (
    <div className={classes.root}>
      <RunOrigin run={run} />
      <ol className={classes.list} aria-label="Steps of this run">
        {rows.map((row) => (
          <li key={row.path} style={{ paddingLeft: row.depth * 16 }}>
            <StepButton
              run={run}
              row={row}
              title={titleOf(row, catalog)}
              isSelected={row.path === selected}
              onSelect={onSelect}
            />
          </li>
        ))}
      </ol>
    </div>
  );
}

function titleOf(row: RunStepRow, catalog: readonly Connector[]): string {
  if (row.action) return actionTitle(catalog, row.action);
  return { action: "Action", set: "Set variables", filter: "Filter", branch: "Branch", respond: "Respond" }[row.kind];
}

type StepButtonProps = {
  run: Run;
  row: RunStepRow;
  title: string;
  isSelected: boolean;
  onSelect: (path: string) => void;
};

function StepButton({ run, row, title, isSelected, onSelect }: StepButtonProps) {
  const nowMs = useNow();
  const { record } = row;
  const bar = record && waterfallBar(run, record, nowMs);
  return (
    <button
      type="button"
      className={classes.step}
      data-selected={isSelected || undefined}
      data-pending={row.status === "pending" || undefined}
      aria-current={isSelected ? "step" : undefined}
      onClick={() => onSelect(row.path)}
    >
      <StatusIcon status={row.status} size={16} />
      <span className="visually-hidden">{row.status.replace("_", " ")}</span>
      <span className={classes.text}>
        <span className={classes.title}>
          <span className="truncate">{title}</span>
          {record && record.attempts.length > 1 && (
            <span className={classes.attempts}>{record.attempts.length} attempts</span>
          )}
        </span>
        <span className={`${classes.id} mono truncate`}>{row.path}</span>
      </span>
      <span className={classes.time}>
        {record && <span className="numbers">{lengthOf(recordLengthMs(record, nowMs))}</span>}
        <span className={classes.lane}>
          {bar && (
            <span
              className={classes.bar}
              data-status={row.status}
              style={{ left: `${bar.startPercent}%`, width: `${bar.widthPercent}%` }}
            />
          )}
        </span>
      </span>
    </button>
  );
}

function RunOrigin({ run }: { run: Run }) {
  return (
    <div className={classes.origin}>
      {run.reason && run.status !== "succeeded" && (
        <p className={classes.reason} role="status">
          {run.status === "waiting" && <Clock3 size={14} aria-hidden />}
          {run.reason}
        </p>
      )}
      <div>
        Started {momentText(run.queuedAt)} by {run.triggerType === "manual" ? "hand" : run.triggerType} · version{" "}
        {run.version.number}
      </div>
      {run.replayOf && (
        <div>
          Replay of{" "}
          <Link to="/deliveries" search={{ delivery: run.replayOf }} className="mono">
            {run.replayOf}
          </Link>
        </div>
      )}
      {run.retryOf && (
        <div>
          Retry of{" "}
          <Link to="/runs/$runId" params={{ runId: run.retryOf }} search={{}} className="mono">
            {run.retryOf}
          </Link>
        </div>
      )}
      {run.retriedBy.map(({ id }) => (
        <div key={id}>
          Retried as{" "}
          <Link to="/runs/$runId" params={{ runId: id }} search={{}} className="mono">
            {id}
          </Link>
        </div>
      ))}
      {run.crashCount > 0 && (
        <div>
          A worker ended {run.crashCount === 1 ? "once" : `${run.crashCount} times`} during this run; another took over.
        </div>
      )}
    </div>
  );
}
