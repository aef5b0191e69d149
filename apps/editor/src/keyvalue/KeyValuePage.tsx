import { Button, Drawer, Table, TextInput, UnstyledButton } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import type { KeyValueSummary } from "@millrace/contract";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Database, Plus, Search } from "lucide-react";
import { useState } from "react";
import { entriesQuery } from "../api/queries.ts";
import { summarize } from "../data/json-rows.ts";
import { EmptyState } from "../shell/EmptyState.tsx";
import { type Column, ListCard } from "../shell/ListCard.tsx";
import { ListSkeleton } from "../shell/ListSkeleton.tsx";
import { MainCell } from "../shell/MainCell.tsx";
import { Page } from "../shell/Page.tsx";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import { TimeAgo } from "../shell/TimeAgo.tsx";
import { EntryForm } from "./EntryForm.tsx";

const route = getRouteApi("/app/keyvalue");

const columns: readonly Column[] = [
  { title: "Key" },
  { title: "Written by", width: 160, isExtra: true },
  { title: "Expires", width: 120, isExtra: true },
  { title: "Changed", width: 110 },
];

/** What the drawer shows: an entry by its key, or a new one. */
const newEntry = "";

export function KeyValuePage() {
  const { prefix, key } = route.useSearch();
  const navigate = route.useNavigate();
  const [typed, setTyped] = useState(prefix ?? "");
  const [isAdding, setIsAdding] = useState(false);
  const list = useInfiniteQuery({ ...entriesQuery(prefix ?? ""), refetchInterval: 10_000 });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const look = useDebouncedCallback(
    (value: string) => void navigate({ search: value ? { prefix: value } : {}, replace: true }),
    250,
  );
  const open = (next: string | undefined) => void navigate({ search: (old) => ({ ...old, key: next }) });
  const close = () => {
    setIsAdding(false);
    if (key !== undefined) open(undefined);
  };
  return (
    <Page
      title="Key-value"
      description="Small values that steps keep between runs, in this workspace."
      actions={
        <>
          <TextInput
            aria-label="Keys that start with"
            placeholder="Keys that start with…"
            leftSection={<Search size={14} aria-hidden />}
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              look(event.currentTarget.value);
            }}
            w={220}
          />
          <Button leftSection={<Plus size={16} aria-hidden />} onClick={() => setIsAdding(true)}>
            Add value
          </Button>
        </>
      }
    >
      {list.isPending && <ListSkeleton rows={4} />}
      {list.error && items.length === 0 && <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && (
        <EmptyState icon={Database} title={prefix ? `No key starts with “${prefix}”` : "Nothing is stored yet"}>
          Steps such as <code className="mono">keyvalue.set</code> write here: a last summary, a counter, an id to
          remember. You can also add a value by hand.
        </EmptyState>
      )}
      {items.length > 0 && (
        <ListCard
          label="Values"
          columns={columns}
          onMore={list.hasNextPage ? () => void list.fetchNextPage() : undefined}
          isLoadingMore={list.isFetchingNextPage}
        >
          {items.map((entry) => (
            <EntryRow key={entry.key} entry={entry} onOpen={() => open(entry.key)} />
          ))}
        </ListCard>
      )}
      <Drawer
        opened={isAdding || key !== undefined}
        onClose={close}
        position="right"
        size={520}
        title={<strong>{key === undefined ? "Add value" : "Value"}</strong>}
        closeButtonProps={{ "aria-label": "Close value" }}
      >
        <EntryForm key={key ?? newEntry} entryKey={key} onDone={close} />
      </Drawer>
    </Page>
  );
}

function EntryRow({ entry, onOpen }: { entry: KeyValueSummary; onOpen: () => void }) {
  return (
    <Table.Tr>
      <MainCell
        link={
          <UnstyledButton onClick={onOpen} className="mono" fw={500}>
            {entry.key}
          </UnstyledButton>
        }
        detail={
          <span dir="auto">
            {entry.value === undefined ? `${Math.round(entry.sizeBytes / 1024)} KiB` : summarize(entry.value, 160)}
          </span>
        }
      />
      <Table.Td data-extra fz="sm">
        {entry.updatedByRunId ? (
          <Link to="/runs/$runId" params={{ runId: entry.updatedByRunId }} search={{}}>
            A run
          </Link>
        ) : (
          <span style={{ color: "var(--quiet)" }}>By hand</span>
        )}
      </Table.Td>
      <Table.Td data-extra c="dimmed" fz="sm">
        {entry.expiresAt ? <TimeAgo at={entry.expiresAt} /> : "never"}
      </Table.Td>
      <Table.Td c="dimmed" fz="sm">
        <TimeAgo at={entry.updatedAt} />
      </Table.Td>
    </Table.Tr>
  );
}
