import { Drawer, SegmentedControl, Table, UnstyledButton } from "@mantine/core";
import { type DeliverySummary, deliveryVerdicts } from "@millrace/contract";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Inbox } from "lucide-react";
import { deliveriesQuery } from "../api/queries.ts";
import { AutomationFilter } from "../automations/AutomationFilter.tsx";
import { oneOf } from "../search-params.ts";
import { EmptyState } from "../shell/EmptyState.tsx";
import { type Column, ListCard } from "../shell/ListCard.tsx";
import { ListSkeleton } from "../shell/ListSkeleton.tsx";
import { MainCell } from "../shell/MainCell.tsx";
import { Page } from "../shell/Page.tsx";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import { StatusBadge } from "../shell/StatusBadge.tsx";
import { TimeAgo } from "../shell/TimeAgo.tsx";
import { DeliveryDetail } from "./DeliveryDetail.tsx";

const route = getRouteApi("/app/deliveries");

const columns: readonly Column[] = [
  { title: "Request" },
  { title: "Verdict", width: 140 },
  { title: "Answer", width: 90, isExtra: true },
  { title: "Received", width: 120, isExtra: true },
];

export function DeliveriesPage() {
  const { verdict, automation, delivery } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useInfiniteQuery({ ...deliveriesQuery({ automationId: automation, verdict }), refetchInterval: 10_000 });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const open = (id: string | undefined) => void navigate({ search: (old) => ({ ...old, delivery: id }) });
  return (
    <Page
      title="Deliveries"
      description="Everything that reached the webhook URLs, refused requests included, with the answer that was sent."
      actions={
        <AutomationFilter
          value={automation}
          onChange={(next) => void navigate({ search: (old) => ({ ...old, automation: next }) })}
        />
      }
    >
      <SegmentedControl
        mb="md"
        size="xs"
        aria-label="Verdict"
        value={verdict ?? "all"}
        onChange={(next) => void navigate({ search: (old) => ({ ...old, verdict: oneOf(deliveryVerdicts, next) }) })}
        data={[
          { value: "all", label: "All" },
          { value: "accepted", label: "Accepted" },
          { value: "duplicate", label: "Duplicate" },
          { value: "filtered", label: "Filtered" },
          { value: "rejected", label: "Rejected" },
        ]}
      />
      {list.isPending && <ListSkeleton />}
      {list.error && items.length === 0 && <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && (
        <EmptyState icon={Inbox} title={verdict || automation ? "No request fits" : "No requests yet"}>
          Publish an automation with a webhook and send it a request: it appears here at once, with its headers, its
          body and what Millrace answered.
        </EmptyState>
      )}
      {items.length > 0 && (
        <ListCard
          label="Deliveries"
          columns={columns}
          onMore={list.hasNextPage ? () => void list.fetchNextPage() : undefined}
          isLoadingMore={list.isFetchingNextPage}
        >
          {items.map((item) => (
            <DeliveryRow key={item.id} delivery={item} onOpen={() => open(item.id)} />
          ))}
        </ListCard>
      )}
      <Drawer
        opened={delivery !== undefined}
        onClose={() => open(undefined)}
        position="right"
        size={560}
        title={<strong>Delivery</strong>}
        closeButtonProps={{ "aria-label": "Close delivery" }}
      >
        {delivery && <DeliveryDetail deliveryId={delivery} />}
      </Drawer>
    </Page>
  );
}

function DeliveryRow({ delivery, onOpen }: { delivery: DeliverySummary; onOpen: () => void }) {
  const detail = [delivery.reason, delivery.contentType, sizeText(delivery.sizeBytes)].filter(Boolean).join(" · ");
  return (
    <Table.Tr>
      <MainCell
        link={
          <UnstyledButton
            onClick={onOpen}
            fz="inherit"
            fw="inherit"
            aria-label={`${delivery.method} ${delivery.automation.name ?? "a deleted automation"}, ${delivery.verdict}`}
          >
            <span className="mono">{delivery.method}</span> {delivery.automation.name ?? "a deleted automation"}
          </UnstyledButton>
        }
        detail={detail}
      />
      <Table.Td>
        <StatusBadge status={delivery.verdict} />
      </Table.Td>
      <Table.Td data-extra>
        <span className="mono">{delivery.answerStatus}</span>
      </Table.Td>
      <Table.Td data-extra c="dimmed" fz="sm">
        <TimeAgo at={delivery.receivedAt} />
      </Table.Td>
    </Table.Tr>
  );
}

function sizeText(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`;
}
