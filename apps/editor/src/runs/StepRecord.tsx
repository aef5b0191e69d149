import { Title } from "@mantine/core";
import type { Definition } from "@millrace/automation";
import type { Connector, Run } from "@millrace/contract";
import { Link } from "@tanstack/react-router";
import { ListTree, TriangleAlert } from "lucide-react";
import { actionTitle } from "../connectors/action-title.ts";
import { JsonPanel } from "../data/JsonPanel.tsx";
import { EmptyState } from "../shell/EmptyState.tsx";
import { Facts } from "../shell/Facts.tsx";
import { StatusBadge } from "../shell/StatusBadge.tsx";
import { lengthOf, momentText } from "../shell/time-text.ts";
import { useNow } from "../shell/use-now.ts";
import { Attempts } from "./Attempts.tsx";
import { FailureCard } from "./FailureCard.tsx";
import { type RunStepRow, recordLengthMs } from "./run-steps.ts";
import classes from "./StepRecord.module.css";

type Props = {
  run: Run;
  row: RunStepRow | undefined;
  catalog: readonly Connector[];
  definition: Definition | undefined;
};

const noBase: readonly string[] = [];

/** What one step got, did and gave in this run. */
export function StepRecord({ run, row, catalog, definition }: Props) {
  const nowMs = useNow();
  if (!row) {
    return (
      <div className={classes.root}>
        {run.failure && <FailureCard run={run} failure={run.failure} row={undefined} definition={definition} />}
        {!run.failure && (
          <EmptyState icon={ListTree} title="No step has run yet">
            {run.reason ?? "The first step appears here as soon as a worker begins."}
          </EmptyState>
        )}
      </div>
    );
  }
  const { record } = row;
  return (
    <div className={classes.root}>
      <header className={classes.head}>
        <div className={classes.heading}>
          <Title order={2}>{row.action ? actionTitle(catalog, row.action) : row.stepId}</Title>
          <span className="mono" style={{ color: "var(--quiet)" }}>
            {row.path}
          </span>
        </div>
        <StatusBadge status={row.status} />
      </header>
      {!record && <p className={classes.note}>{notRunText(run)}</p>}
      {record?.failure && <FailureCard run={run} failure={record.failure} row={row} definition={definition} />}
      {record?.warnings.map((warning) => (
        <div key={`${warning.field} ${warning.message}`} className={classes.warning} role="note">
          <TriangleAlert size={14} aria-hidden />
          <span>
            <strong>{warning.field}</strong>: {warning.message}
          </span>
        </div>
      ))}
      {record && record.input !== null && <JsonPanel label="Input" value={record.input} base={noBase} />}
      {record && record.output !== null && (
        <JsonPanel label="Output" value={record.output} base={["steps", row.stepId]} />
      )}
      {record && record.attempts.length > 0 && <Attempts attempts={record.attempts} />}
      {record && (
        <Facts
          facts={[
            ["Started", momentText(record.startedAt)],
            ["Took", lengthOf(recordLengthMs(record, nowMs))],
            [
              "Taken over from",
              record.reusedFromRunId && (
                <Link
                  key="run"
                  to="/runs/$runId"
                  params={{ runId: record.reusedFromRunId }}
                  search={{}}
                  className="mono"
                >
                  {record.reusedFromRunId}
                </Link>
              ),
            ],
            [
              "Idempotency key",
              record.idempotencyKey && (
                <code key="key" className="mono">
                  {record.idempotencyKey}
                </code>
              ),
            ],
          ]}
        />
      )}
    </div>
  );
}

function notRunText(run: Run): string {
  if (run.status === "failed") return "This step did not run: the run ended before it.";
  if (run.status === "succeeded") return "This step did not run: a branch or filter went past it.";
  if (run.status === "canceled") return "This step did not run: the run was canceled.";
  return "This step has not run yet.";
}
