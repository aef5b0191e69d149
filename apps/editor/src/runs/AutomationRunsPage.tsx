import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { PenLine } from "lucide-react";
import { automationQuery } from "../api/queries.ts";
import { LinkButton } from "../shell/LinkButton.tsx";
import { Page } from "../shell/Page.tsx";
import { RunList } from "./RunList.tsx";
import { RunStatusFilter } from "./RunStatusFilter.tsx";

const route = getRouteApi("/app/automations/$automationId/runs");

export function AutomationRunsPage() {
  const { automationId } = route.useParams();
  const { status } = route.useSearch();
  const navigate = route.useNavigate();
  const { data } = useQuery(automationQuery(automationId));
  return (
    <Page
      title={data ? `Runs of ${data.name}` : "Runs"}
      actions={
        <>
          <RunStatusFilter value={status} onChange={(next) => void navigate({ search: { status: next } })} />
          <LinkButton
            variant="default"
            to="/automations/$automationId"
            params={{ automationId }}
            leftSection={<PenLine size={14} aria-hidden />}
          >
            Open editor
          </LinkButton>
        </>
      }
    >
      <RunList filter={{ automationId, status }} />
    </Page>
  );
}
