import { getRouteApi } from "@tanstack/react-router";
import { AutomationFilter } from "../automations/AutomationFilter.tsx";
import { Page } from "../shell/Page.tsx";
import { RunList } from "./RunList.tsx";
import { RunStatusFilter } from "./RunStatusFilter.tsx";

const route = getRouteApi("/app/runs");

export function RunsPage() {
  const { status, automation } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Page
      title="Runs"
      description="Every run of every automation, newest first. The list updates by itself."
      actions={
        <>
          <AutomationFilter
            value={automation}
            onChange={(next) => void navigate({ search: (old) => ({ ...old, automation: next }) })}
          />
          <RunStatusFilter
            value={status}
            onChange={(next) => void navigate({ search: (old) => ({ ...old, status: next }) })}
          />
        </>
      }
    >
      <RunList filter={{ automationId: automation, status }} />
    </Page>
  );
}
