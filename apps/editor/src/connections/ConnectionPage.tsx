import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { catalogQuery, connectionQuery } from "../api/queries.ts";
import { localPath } from "../search-params.ts";
import { Page } from "../shell/Page.tsx";
import { PageError } from "../shell/PageError.tsx";
import { PageSkeleton } from "../shell/PageSkeleton.tsx";
import { ConnectionForm } from "./ConnectionForm.tsx";
import classes from "./ConnectionPage.module.css";
import { DeleteConnection } from "./DeleteConnection.tsx";

const route = getRouteApi("/app/connections/$connectionId");

export function ConnectionPage() {
  const { connectionId } = route.useParams();
  const { return: back } = route.useSearch();
  const connection = useQuery(connectionQuery(connectionId));
  const catalog = useQuery(catalogQuery);
  if (connection.isPending || catalog.isPending) return <PageSkeleton />;
  const error = connection.error ?? catalog.error;
  if (error) return <PageError error={error} what="connection" onRetry={() => void connection.refetch()} />;
  if (!connection.data || !catalog.data) return null;
  const connector = catalog.data.items.find(({ id }) => id === connection.data.connector);
  const { usedBy } = connection.data;
  return (
    <Page
      title={connection.data.name}
      description={`${connector?.title ?? connection.data.connector} connection`}
      narrow
      actions={
        localPath(back) && (
          <Button
            variant="default"
            component="a"
            href={localPath(back)}
            leftSection={<ArrowLeft size={14} aria-hidden />}
          >
            Back
          </Button>
        )
      }
    >
      <ConnectionForm key={connection.data.id} connection={connection.data} connector={connector} />
      <section className={classes.card} aria-label="Used by">
        <strong>Used by</strong>
        {usedBy.length === 0 ? (
          <p className={classes.promise}>No automation uses this connection.</p>
        ) : (
          <ul className={classes.used}>
            {usedBy.map(({ id, name }) => (
              <li key={id}>
                <Link to="/automations/$automationId" params={{ automationId: id }} search={{}}>
                  {name}
                </Link>
              </li>
            ))}
          </ul>
        )}
      </section>
      <DeleteConnection connection={connection.data} />
    </Page>
  );
}
