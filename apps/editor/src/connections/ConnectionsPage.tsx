import { Button, Menu, Table } from "@mantine/core";
import type { ConnectionSummary, Connector } from "@millrace/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { KeyRound, Plus } from "lucide-react";
import { catalogQuery, connectionsQuery } from "../api/queries.ts";
import { ConnectorIcon } from "../connectors/ConnectorIcon.tsx";
import { EmptyState } from "../shell/EmptyState.tsx";
import { type Column, ListCard } from "../shell/ListCard.tsx";
import { ListSkeleton } from "../shell/ListSkeleton.tsx";
import { MainCell } from "../shell/MainCell.tsx";
import { Page } from "../shell/Page.tsx";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import { TimeAgo } from "../shell/TimeAgo.tsx";
import { HealthBadge } from "./HealthBadge.tsx";

const columns: readonly Column[] = [
  { title: "Connection" },
  { title: "Health", width: 140 },
  { title: "Last used", width: 140, isExtra: true },
  { title: "Checked", width: 140, isExtra: true },
];

export function ConnectionsPage() {
  const list = useQuery(connectionsQuery);
  const { data: catalog } = useQuery(catalogQuery);
  const connectable = catalog?.items.filter(({ connection }) => connection) ?? [];
  const items = list.data?.items ?? [];
  return (
    <Page
      title="Connections"
      description="Accounts that steps use. Secrets go into the keyvault and are never shown again."
      actions={<AddConnection connectors={connectable} />}
    >
      {list.isPending && <ListSkeleton rows={3} />}
      {list.error && <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && (
        <EmptyState icon={KeyRound} title="No connections yet">
          A connection holds the credential of one service, such as an API key. Add one here, or when a step asks for
          it; every automation can use it.
        </EmptyState>
      )}
      {items.length > 0 && (
        <ListCard label="Connections" columns={columns}>
          {items.map((connection) => (
            <ConnectionRow
              key={connection.id}
              connection={connection}
              connector={catalog?.items.find(({ id }) => id === connection.connector)}
            />
          ))}
        </ListCard>
      )}
    </Page>
  );
}

function ConnectionRow({ connection, connector }: { connection: ConnectionSummary; connector: Connector | undefined }) {
  return (
    <Table.Tr>
      <MainCell
        icon={<ConnectorIcon connector={connector} id={connection.connector} />}
        link={
          <Link to="/connections/$connectionId" params={{ connectionId: connection.id }} search={{}}>
            {connection.name}
          </Link>
        }
        detail={[connector?.title ?? connection.connector, connection.account].filter(Boolean).join(" · ")}
      />
      <Table.Td>
        <HealthBadge health={connection.health} />
      </Table.Td>
      <Table.Td data-extra c="dimmed" fz="sm">
        {connection.lastUsedAt ? <TimeAgo at={connection.lastUsedAt} /> : "never"}
      </Table.Td>
      <Table.Td data-extra c="dimmed" fz="sm">
        {connection.checkedAt ? <TimeAgo at={connection.checkedAt} /> : "never"}
      </Table.Td>
    </Table.Tr>
  );
}

function AddConnection({ connectors }: { connectors: readonly Connector[] }) {
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <Button leftSection={<Plus size={16} aria-hidden />} disabled={connectors.length === 0}>
          Add connection
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {connectors.map((connector) => (
          <Menu.Item
            key={connector.id}
            component={Link}
            to={`/connections/new/${connector.id}`}
            leftSection={<ConnectorIcon connector={connector} id={connector.id} size={22} />}
          >
            {connector.title}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
