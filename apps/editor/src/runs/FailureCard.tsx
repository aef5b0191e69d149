import type { Definition } from "@millrace/automation";
import type { FailureView, Run } from "@millrace/contract";
import { useQuery } from "@tanstack/react-query";
import { CircleX, KeyRound, PenLine } from "lucide-react";
import { connectionsQuery } from "../api/queries.ts";
import { LinkButton } from "../shell/LinkButton.tsx";
import { connectionOfStep, fixFor } from "./failure-fix.ts";
import { RetryButton } from "./RetryButton.tsx";
import type { RunStepRow } from "./run-steps.ts";
import classes from "./StepRecord.module.css";

type Props = { run: Run; failure: FailureView; row: RunStepRow | undefined; definition: Definition | undefined };

/** The cause in a sentence, what to do, and the button that does it. */
export function FailureCard({ run, failure, row, definition }: Props) {
  const fix = fixFor(failure);
  return (
    <section className={classes.failure} aria-label="Failure">
      <div className={classes.cause}>
        <CircleX size={16} aria-hidden />
        <span>{failure.message}</span>
      </div>
      {failure.advice && <p>{failure.advice}</p>}
      <div className={classes.facts}>
        <code className="mono">{failure.code}</code>
        {failure.httpStatus !== undefined && <span>HTTP {failure.httpStatus}</span>}
        {failure.field && (
          <span>
            field <code className="mono">{failure.field}</code>
          </span>
        )}
      </div>
      <div className={classes.fixes}>
        {fix === "connection" && row && <ConnectionFix run={run} stepId={row.stepId} definition={definition} />}
        {row && (
          <LinkButton
            to="/automations/$automationId"
            params={{ automationId: run.automation.id }}
            search={{ step: row.stepId }}
            variant={fix === "step" ? "filled" : "default"}
            size="xs"
            leftSection={<PenLine size={14} aria-hidden />}
          >
            Open step
          </LinkButton>
        )}
        {run.canRetry && fix === "retry" && <RetryButton run={run} size="xs" />}
      </div>
    </section>
  );
}

function ConnectionFix({ run, stepId, definition }: { run: Run; stepId: string; definition: Definition | undefined }) {
  const { data } = useQuery(connectionsQuery);
  const used = connectionOfStep(definition, stepId);
  if (!used || !data) return null;
  const existing = data.items.find(({ connector, name }) => connector === used.connector && name === used.name);
  const back = `/runs/${run.id}`;
  if (existing) {
    return (
      <LinkButton
        to="/connections/$connectionId"
        params={{ connectionId: existing.id }}
        search={{ return: back }}
        size="xs"
        leftSection={<KeyRound size={14} aria-hidden />}
      >
        Open connection
      </LinkButton>
    );
  }
  return (
    <LinkButton
      to="/connections/new/$connector"
      params={{ connector: used.connector }}
      search={{ name: used.name, automation: run.automation.id, return: back }}
      size="xs"
      leftSection={<KeyRound size={14} aria-hidden />}
    >
      Add connection
    </LinkButton>
  );
}
