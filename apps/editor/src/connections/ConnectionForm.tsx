import { Button, Group, Stack, TextInput } from "@mantine/core";
import type { Connection, Connector } from "@millrace/contract";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client.ts";
import { connectionQuery } from "../api/queries.ts";
import { ConnectorIcon } from "../connectors/ConnectorIcon.tsx";
import { notifyDone } from "../shell/notify.tsx";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import classes from "./ConnectionPage.module.css";
import { CredentialFields, type FieldValues } from "./CredentialFields.tsx";
import { HealthBadge } from "./HealthBadge.tsx";
import { TestOutcome } from "./TestOutcome.tsx";

export function ConnectionForm({
  connection,
  connector,
}: {
  connection: Connection;
  connector: Connector | undefined;
}) {
  const queries = useQueryClient();
  const [name, setName] = useState(connection.name);
  const [fields, setFields] = useState<FieldValues>({});
  const changed = Object.fromEntries(
    Object.entries(fields).filter(([field, value]) => isChange(connection, field, value)),
  );
  const isChanged = name !== connection.name || Object.keys(changed).length > 0;
  const refresh = () => queries.invalidateQueries({ queryKey: ["connections"] });
  const save = useMutation({
    mutationFn: () =>
      api.connections.update({
        connectionId: connection.id,
        ...(name === connection.name ? {} : { name }),
        ...(Object.keys(changed).length > 0 ? { fields: changed } : {}),
      }),
    onSuccess: async (saved) => {
      queries.setQueryData(connectionQuery(connection.id).queryKey, saved);
      await refresh();
      setFields({});
      test.reset();
      notifyDone("Connection saved");
    },
  });
  const test = useMutation({
    mutationFn: () => api.connections.test({ connectionId: connection.id }),
    onSettled: refresh,
  });
  return (
    <form
      className={classes.card}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <div className={classes.head}>
        <ConnectorIcon connector={connector} id={connection.connector} size={32} />
        <div style={{ flex: 1 }}>
          <strong>{connector?.title ?? connection.connector}</strong>
          {connection.account && <p>{connection.account}</p>}
        </div>
        <HealthBadge health={connection.health} />
      </div>
      <Stack gap="md">
        <TextInput
          label="Connection name"
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {connector?.connection && (
          <CredentialFields
            specs={connector.connection.fields}
            values={fields}
            onChange={setFields}
            stored={connection.fields}
          />
        )}
        {test.data ? (
          <TestOutcome test={test.data} />
        ) : (
          connection.failure && <TestOutcome test={{ ok: false, failure: connection.failure }} />
        )}
        {(save.error ?? test.error) && <ProblemNotice error={save.error ?? test.error ?? new Error("")} />}
        <Group gap="xs">
          <Button type="submit" loading={save.isPending} disabled={!isChanged || name.trim() === ""}>
            Save connection
          </Button>
          {connector?.connection && (
            <Button variant="default" onClick={() => test.mutate()} loading={test.isPending} disabled={isChanged}>
              Test connection
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}

/** An empty secret field means "as it is"; an emptied plain field means "clear it". */
function isChange(connection: Connection, field: string, value: string): boolean {
  const stored = connection.fields.find(({ name }) => name === field);
  return stored?.value === null || stored === undefined ? value !== "" : value !== stored.value;
}
