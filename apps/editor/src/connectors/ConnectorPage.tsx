import { Badge, Title } from "@mantine/core";
import type { CatalogAction } from "@millrace/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { catalogQuery } from "../api/queries.ts";
import { JsonPanel } from "../data/JsonPanel.tsx";
import { formFields } from "../inspector/form-fields.ts";
import { LinkButton } from "../shell/LinkButton.tsx";
import { NotFound } from "../shell/NotFound.tsx";
import { Page } from "../shell/Page.tsx";
import { PageError } from "../shell/PageError.tsx";
import { PageSkeleton } from "../shell/PageSkeleton.tsx";
import classes from "./ConnectorsPage.module.css";

const route = getRouteApi("/app/connectors/$connectorId");

const effects = { read: "Reads", write: "Writes", destroy: "Deletes" } as const;

export function ConnectorPage() {
  const { connectorId } = route.useParams();
  const catalog = useQuery(catalogQuery);
  if (catalog.isPending) return <PageSkeleton />;
  if (catalog.error) return <PageError error={catalog.error} onRetry={() => void catalog.refetch()} />;
  const connector = catalog.data.items.find(({ id }) => id === connectorId);
  if (!connector) return <NotFound what="connector" />;
  return (
    <Page
      title={connector.title}
      description={connector.summary}
      actions={
        connector.connection && (
          <LinkButton to="/connections/new/$connector" params={{ connector: connector.id }} search={{}}>
            Add connection
          </LinkButton>
        )
      }
    >
      {connector.actions.map((action) => (
        <Action key={action.id} action={action} />
      ))}
    </Page>
  );
}

function Action({ action }: { action: CatalogAction }) {
  const fields = formFields(action.input);
  return (
    <section className={classes.action} aria-labelledby={action.id}>
      <div className={classes.title}>
        <Title order={2} id={action.id}>
          {action.title}
        </Title>
        <code className="mono">{action.id}</code>
        <Badge size="sm" variant="default">
          {effects[action.effect]}
        </Badge>
      </div>
      <p>{action.summary}</p>
      {fields.length > 0 && (
        <table className={classes.fields}>
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Meaning</th>
              <th scope="col">Required</th>
            </tr>
          </thead>
          <tbody>
            {fields.map((field) => (
              <tr key={field.name}>
                <td>
                  {field.title} <code className="mono">{field.name}</code>
                </td>
                <td>{field.description}</td>
                <td>{field.isRequired ? "yes" : "no"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className={classes.example}>
        <JsonPanel label="Example input" value={action.example.input} />
        <JsonPanel label="Example output" value={action.example.output} />
      </div>
    </section>
  );
}
