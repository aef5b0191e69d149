import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useState } from "react";
import { catalogQuery } from "../api/queries.ts";
import { EmptyState } from "../shell/EmptyState.tsx";
import { ListSkeleton } from "../shell/ListSkeleton.tsx";
import { Page } from "../shell/Page.tsx";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import { ConnectorIcon } from "./ConnectorIcon.tsx";
import classes from "./ConnectorsPage.module.css";
import { searchCatalog } from "./search-catalog.ts";

export function ConnectorsPage() {
  const catalog = useQuery(catalogQuery);
  const [query, setQuery] = useState("");
  const found = searchCatalog(catalog.data?.items ?? [], query);
  return (
    <Page
      title="Connectors"
      description="The services that steps can call, with every action they offer."
      actions={
        <TextInput
          aria-label="Search connectors and actions"
          placeholder="Search"
          leftSection={<Search size={14} aria-hidden />}
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
          w={220}
        />
      }
    >
      {catalog.isPending && <ListSkeleton rows={3} />}
      {catalog.error && <ProblemNotice error={catalog.error} onRetry={() => void catalog.refetch()} />}
      {catalog.isSuccess && found.length === 0 && (
        <EmptyState icon={Search} title="Nothing fits">
          Any service with an HTTP API can be called with the HTTP connector.
        </EmptyState>
      )}
      <ul className={classes.grid}>
        {found.map(({ connector, actions }) => (
          <li key={connector.id}>
            <Link to="/connectors/$connectorId" params={{ connectorId: connector.id }} className={classes.card}>
              <div className={classes.head}>
                <ConnectorIcon connector={connector} id={connector.id} size={32} />
                <strong>{connector.title}</strong>
              </div>
              <p>{connector.summary}</p>
              <span className={classes.actions}>{actions.map(({ title }) => title).join(" · ")}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Page>
  );
}
