import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api } from "../api/client.ts";
import { catalogQuery, runQuery } from "../api/queries.ts";
import { CopyButton } from "../shell/CopyButton.tsx";
import { ModeBar } from "../shell/ModeBar.tsx";
import { PageError } from "../shell/PageError.tsx";
import { PageSkeleton } from "../shell/PageSkeleton.tsx";
import { StatusBadge } from "../shell/StatusBadge.tsx";
import { type PaneName, ThreePanes } from "../shell/ThreePanes.tsx";
import { useTitle } from "../shell/use-title.ts";
import { RunActions } from "./RunActions.tsx";
import { RunLength } from "./RunLength.tsx";
import { RunSteps } from "./RunSteps.tsx";
import { RunTrigger } from "./RunTrigger.tsx";
import { openingPath, runStepRows } from "./run-steps.ts";
import { StepRecord } from "./StepRecord.tsx";

const route = getRouteApi("/app/runs/$runId");

export function RunPage() {
  const { runId } = route.useParams();
  const { step } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: run, error, isPending, refetch } = useQuery(runQuery(runId));
  const { data: catalog } = useQuery(catalogQuery);
  const { data: version } = useQuery({
    queryKey: ["automations", run?.automation.id, "versions", run?.version.number],
    queryFn: ({ signal }) =>
      api.versions.get({ automationId: run?.automation.id ?? "", number: run?.version.number ?? 0 }, { signal }),
    enabled: run !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const [pane, setPane] = useState<PaneName>("left");
  useTitle(run ? `Run of ${run.automation.name}` : "Run");
  const isFailed = run?.status === "failed" || run?.status === "needs_review";
  useEffect(() => {
    if (isFailed) setPane("centre");
  }, [isFailed]);

  if (isPending) return <PageSkeleton />;
  if (error && !run) return <PageError error={error} what="run" onRetry={() => void refetch()} />;
  if (!run) return null;
  const rows = runStepRows(run, version?.definition);
  const selected = rows.find(({ path }) => path === (step ?? openingPath(run)));
  const select = (path: string) => {
    void navigate({ search: { step: path }, replace: true });
    setPane("centre");
  };
  return (
    <ThreePanes
      active={pane}
      onActivate={setPane}
      bar={
        <ModeBar
          heading={`Run of ${run.automation.name}`}
          back="/runs"
          backLabel="All runs"
          title={
            <Link to="/automations/$automationId" params={{ automationId: run.automation.id }} search={{}}>
              {run.automation.name}
            </Link>
          }
          meta={
            <>
              <StatusBadge status={run.status} />
              <RunLength startedAt={run.startedAt} finishedAt={run.finishedAt} />
              <CopyButton value={run.id} label="Copy run id" />
            </>
          }
          actions={<RunActions run={run} />}
        />
      }
      left={{
        title: "Steps",
        content: (
          <RunSteps run={run} rows={rows} catalog={catalog?.items ?? []} selected={selected?.path} onSelect={select} />
        ),
      }}
      centre={{
        title: "Step",
        content: (
          <StepRecord run={run} row={selected} catalog={catalog?.items ?? []} definition={version?.definition} />
        ),
      }}
      right={{ title: "Trigger data", content: <RunTrigger run={run} /> }}
    />
  );
}
