import { Button, Group, Skeleton, Stack, TextInput } from "@mantine/core";
import type { Connector } from "@millrace/contract";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "../api/client.ts";
import { automationQuery, catalogQuery, connectionsQuery } from "../api/queries.ts";
import { ConnectorIcon } from "../connectors/ConnectorIcon.tsx";
import { localPath } from "../search-params.ts";
import { LinkButton } from "../shell/LinkButton.tsx";
import { NotFound } from "../shell/NotFound.tsx";
import { notifyDone } from "../shell/notify.tsx";
import { Page } from "../shell/Page.tsx";
import { PageError } from "../shell/PageError.tsx";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import classes from "./ConnectionPage.module.css";
import { CredentialFields, type FieldValues } from "./CredentialFields.tsx";
import { TestOutcome } from "./TestOutcome.tsx";

const route = getRouteApi("/app/connections/new/$connector");

/** The page that a deep link opens: one connector's real fields, a test, and the way back. */
export function NewConnectionPage() {
  const { connector: id } = route.useParams();
  const catalog = useQuery(catalogQuery);
  if (catalog.isPending) return <Skeleton height={320} m="xl" />;
  if (catalog.error) return <PageError error={catalog.error} onRetry={() => void catalog.refetch()} />;
  const connector = catalog.data.items.find((each) => each.id === id);
  if (!connector) return <NotFound what="connector" />;
  if (!connector.connection) {
    return (
      <Page title={connector.title} narrow>
        <p>{connector.title} needs no credential: its actions work right away.</p>
        <LinkButton to="/connectors/$connectorId" params={{ connectorId: id }} variant="default">
          See its actions
        </LinkButton>
      </Page>
    );
  }
  return <NewConnection connector={connector} spec={connector.connection} />;
}

function NewConnection({ connector, spec }: { connector: Connector; spec: NonNullable<Connector["connection"]> }) {
  const search = route.useSearch();
  const router = useRouter();
  const queries = useQueryClient();
  const { data: automation } = useQuery({
    ...automationQuery(search.automation ?? ""),
    enabled: search.automation !== undefined,
  });
  const [name, setName] = useState(search.name ?? connector.id);
  const [fields, setFields] = useState<FieldValues>({});
  const filled = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));
  const test = useMutation({
    mutationFn: () => api.connections.testUnsaved({ connector: connector.id, fields: filled }),
  });
  const save = useMutation({
    mutationFn: () => api.connections.create({ connector: connector.id, name, fields: filled }),
    onSuccess: async (connection) => {
      await queries.invalidateQueries({ queryKey: connectionsQuery.queryKey });
      await queries.invalidateQueries({ queryKey: ["automations"] });
      notifyDone(`Connection ${connection.name} saved`);
      const back = localPath(search.return) ?? (search.automation ? `/automations/${search.automation}` : undefined);
      router.history.push(back ?? `/connections/${connection.id}`);
    },
  });
  const isComplete = spec.fields.every(({ name: field, isRequired }) => !isRequired || filled[field]);
  return (
    <Page
      title={`Connect ${connector.title}`}
      description={automation ? `“${automation.name}” needs this connection. Afterwards you return to it.` : undefined}
      narrow
    >
      <form
        className={classes.card}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <div className={classes.head}>
          <ConnectorIcon connector={connector} id={connector.id} size={32} />
          <div>
            <strong>{connector.title}</strong>
            <p>{connector.summary}</p>
          </div>
        </div>
        <Stack gap="md">
          <CredentialFields
            specs={spec.fields}
            values={fields}
            onChange={(next) => {
              setFields(next);
              test.reset();
            }}
          />
          <TextInput
            label="Connection name"
            description="Steps refer to the connection by this name."
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          {test.data && <TestOutcome test={test.data} />}
          {(save.error ?? test.error) && <ProblemNotice error={save.error ?? test.error ?? new Error("")} />}
          <Group gap="xs">
            <Button type="submit" loading={save.isPending} disabled={!isComplete || name.trim() === ""}>
              Save connection
            </Button>
            <Button variant="default" onClick={() => test.mutate()} loading={test.isPending} disabled={!isComplete}>
              Test connection
            </Button>
          </Group>
          <p className={classes.promise}>
            The secret is sealed in the keyvault. It is sent to the service itself and nowhere else, and is never shown
            again.
          </p>
        </Stack>
      </form>
    </Page>
  );
}
