import { Table, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import type { AutomationSummary } from "@millrace/contract";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { MousePointerClick, Plus, Search, Webhook, Workflow } from "lucide-react";
import { useState } from "react";
import { automationsQuery } from "../api/queries.ts";
import { EmptyState } from "../shell/EmptyState.tsx";
import { LinkButton } from "../shell/LinkButton.tsx";
import { type Column, ListCard } from "../shell/ListCard.tsx";
import { ListSkeleton } from "../shell/ListSkeleton.tsx";
import { MainCell } from "../shell/MainCell.tsx";
import { Page } from "../shell/Page.tsx";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import { StatusBadge } from "../shell/StatusBadge.tsx";
import { TimeAgo } from "../shell/TimeAgo.tsx";
import { ActivityBars } from "./ActivityBars.tsx";
import { AutomationStarts } from "./AutomationStarts.tsx";

const route = getRouteApi("/app/automations");

const columns: readonly Column[] = [
  { title: "Automation" },
  { title: "State", width: 200 },
  { title: "Last 7 days", width: 128, isExtra: true },
  { title: "Last run", width: 150, isExtra: true },
  { title: "Changed", width: 120, isExtra: true },
];

export function AutomationsPage() {
  const { search } = route.useSearch();
  const navigate = route.useNavigate();
  const [typed, setTyped] = useState(search ?? "");
  const list = useInfiniteQuery(automationsQuery);
  const look = useDebouncedCallback(
    (value: string) => void navigate({ search: value ? { search: value } : {}, replace: true }),
    250,
  );
  const all = list.data?.pages.flatMap((page) => page.items) ?? [];
  const items = search ? all.filter(({ name }) => name.toLowerCase().includes(search.toLowerCase())) : all;
  const isFirst = list.isSuccess && all.length === 0;
  return (
    <Page
      title="Automations"
      description={isFirst ? undefined : "What runs when something happens."}
      actions={
        !isFirst && (
          <>
            <TextInput
              aria-label="Search automations"
              placeholder="Search"
              leftSection={<Search size={14} aria-hidden />}
              value={typed}
              onChange={(event) => {
                setTyped(event.currentTarget.value);
                look(event.currentTarget.value);
              }}
              w={200}
            />
            <LinkButton to="/automations/new" leftSection={<Plus size={16} aria-hidden />}>
              New automation
            </LinkButton>
          </>
        )
      }
    >
      {list.isPending && <ListSkeleton />}
      {list.error && <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />}
      {isFirst && <FirstAutomation />}
      {list.isSuccess && items.length === 0 && !isFirst && (
        <EmptyState icon={Search} title={`Nothing is named “${search}”`}>
          Search looks at the names of automations.
        </EmptyState>
      )}
      {items.length > 0 && (
        <ListCard
          label="Automations"
          columns={columns}
          onMore={list.hasNextPage ? () => void list.fetchNextPage() : undefined}
          isLoadingMore={list.isFetchingNextPage}
        >
          {items.map((automation) => (
            <AutomationRow key={automation.id} automation={automation} />
          ))}
        </ListCard>
      )}
    </Page>
  );
}

function AutomationRow({ automation }: { automation: AutomationSummary }) {
  const { id, name, lastRun } = automation;
  const Icon = automation.triggerType === "webhook" ? Webhook : MousePointerClick;
  return (
    <Table.Tr>
      <MainCell
        icon={<Icon size={16} strokeWidth={1.75} aria-hidden color="var(--quiet)" />}
        link={
          <Link to="/automations/$automationId" params={{ automationId: id }} search={{}}>
            {name}
          </Link>
        }
        detail={automation.triggerType === "webhook" ? "Webhook" : "Manual"}
      />
      <Table.Td>
        <StateBadges automation={automation} />
      </Table.Td>
      <Table.Td data-extra>
        <ActivityBars activity={automation.activity} />
      </Table.Td>
      <Table.Td data-extra>
        {lastRun ? (
          <Link to="/runs/$runId" params={{ runId: lastRun.id }} search={{}} style={{ textDecoration: "none" }}>
            <StatusBadge status={lastRun.status} bare />
          </Link>
        ) : (
          <span style={{ color: "var(--quiet)" }}>No runs yet</span>
        )}
      </Table.Td>
      <Table.Td data-extra c="dimmed" fz="sm">
        <TimeAgo at={automation.updatedAt} />
      </Table.Td>
    </Table.Tr>
  );
}

function StateBadges({
  automation: { publishedNumber, enabled, hasUnpublishedChanges },
}: {
  automation: AutomationSummary;
}) {
  if (publishedNumber === null) return <StatusBadge status="draft" label="Draft, not live" />;
  if (!enabled) return <StatusBadge status="off" label={`Off · v${publishedNumber}`} />;
  return (
    <StatusBadge
      status="on"
      label={hasUnpublishedChanges ? `Live · v${publishedNumber}, edited` : `Live · v${publishedNumber}`}
    />
  );
}

function FirstAutomation() {
  return (
    <>
      <EmptyState icon={Workflow} title="Build your first automation">
        An automation starts with a trigger, such as a request to its own webhook URL, and runs its steps in order.
        Start from a template and change it.
      </EmptyState>
      <AutomationStarts />
    </>
  );
}
