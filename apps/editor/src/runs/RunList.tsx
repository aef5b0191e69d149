import { Table } from "@mantine/core";
import type { RunSummary } from "@millrace/contract";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Filter, Play } from "lucide-react";
import { type RunFilter, runsQuery } from "../api/queries.ts";
import { EmptyState } from "../shell/EmptyState.tsx";
import { type Column, ListCard } from "../shell/ListCard.tsx";
import { ListSkeleton } from "../shell/ListSkeleton.tsx";
import { MainCell } from "../shell/MainCell.tsx";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import { StatusBadge } from "../shell/StatusBadge.tsx";
import { TimeAgo } from "../shell/TimeAgo.tsx";
import { RunLength } from "./RunLength.tsx";

const columns: readonly Column[] = [
  { title: "Run" },
  { title: "Status", width: 140 },
  { title: "Duration", width: 110, isExtra: true, align: "right" },
  { title: "Started", width: 120, isExtra: true },
];

export function RunList({ filter }: { filter: RunFilter }) {
  const list = useInfiniteQuery({ ...runsQuery(filter), refetchInterval: 10_000 });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  if (list.isPending) return <ListSkeleton rows={8} />;
  if (list.error && items.length === 0) return <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />;
  if (items.length === 0) {
    return filter.status ? (
      <EmptyState icon={Filter} title="No run has this status">
        Choose another status to see more runs.
      </EmptyState>
    ) : (
      <EmptyState icon={Play} title="No runs yet">
        A run appears here the moment a webhook receives a request, or somebody starts an automation by hand. You see
        what each step got, did and gave.
      </EmptyState>
    );
  }
  return (
    <ListCard
      label="Runs"
      columns={columns}
      onMore={list.hasNextPage ? () => void list.fetchNextPage() : undefined}
      isLoadingMore={list.isFetchingNextPage}
    >
      {items.map((run) => (
        <RunRow key={run.id} run={run} showAutomation={!filter.automationId} />
      ))}
    </ListCard>
  );
}

function RunRow({ run, showAutomation }: { run: RunSummary; showAutomation: boolean }) {
  const detail =
    run.status === "succeeded"
      ? `Version ${run.version.number} · ${run.triggerType}`
      : (run.reason ?? `Version ${run.version.number}`);
  return (
    <Table.Tr>
      <MainCell
        link={
          <Link
            to="/runs/$runId"
            params={{ runId: run.id }}
            search={{}}
            aria-label={`Run of ${run.automation.name}, ${run.status}, ${run.id}`}
          >
            {showAutomation ? run.automation.name : <span className="mono">{run.id}</span>}
          </Link>
        }
        detail={detail}
      />
      <Table.Td>
        <StatusBadge status={run.status} />
      </Table.Td>
      <Table.Td data-extra ta="right" c="dimmed" fz="sm">
        <RunLength startedAt={run.startedAt} finishedAt={run.finishedAt} />
      </Table.Td>
      <Table.Td data-extra c="dimmed" fz="sm">
        <TimeAgo at={run.queuedAt} />
      </Table.Td>
    </Table.Tr>
  );
}
