import { Group, Select } from "@mantine/core";
import type { ActionStep } from "@millrace/automation";
import type { CatalogAction } from "@millrace/contract";
import { useQuery } from "@tanstack/react-query";
import { Plus, Settings2 } from "lucide-react";
import { useEffect, useEffectEvent, useId } from "react";
import { connectionsQuery } from "../api/queries.ts";
import { useEditor } from "../automations/editor-model.ts";
import { HealthBadge } from "../connections/HealthBadge.tsx";
import { connectorOf } from "../connectors/action-title.ts";
import { LinkButton } from "../shell/LinkButton.tsx";
import { FieldShell } from "./FieldShell.tsx";

type Props = {
  step: ActionStep;
  action: CatalogAction;
  onChange: (connection: string | undefined) => void;
  error?: string | undefined;
};

/** Which account the step uses, whether it works, and the way to add one and come back. */
export function ConnectionPicker({ step, action, onChange, error }: Props) {
  const id = useId();
  const { automation, catalog, store } = useEditor();
  const { data } = useQuery(connectionsQuery);
  const connector = connectorOf(catalog, step.action);
  const connectorId = connector?.id ?? step.action.split(".")[0] ?? step.action;
  const own = data?.items.filter((connection) => connection.connector === connectorId) ?? [];
  const chosen = own.find(({ name }) => name === step.connection);
  const only =
    own.length === 1 && step.connection === undefined && action.connection === "required" ? own[0]?.name : undefined;
  const takeOnly = useEffectEvent((name: string) => onChange(name));
  useEffect(() => {
    // With one account there is nothing to ask.
    if (only !== undefined) takeOnly(only);
  }, [only]);
  const back = `/automations/${automation.id}?step=${step.id}`;
  const isFirst = own.length === 0 && action.connection === "required";
  const isMissing = data !== undefined && step.connection !== undefined && !chosen;
  return (
    <FieldShell
      id={id}
      title="Connection"
      description={
        isFirst
          ? `${connector?.title ?? connectorId} needs a credential. It is kept in the keyvault and can be used by every automation.`
          : undefined
      }
      isRequired={action.connection === "required"}
      error={isMissing ? `This workspace has no ${connectorId} connection named ${step.connection}.` : error}
    >
      {own.length > 0 && (
        <Group gap="xs">
          <Select
            aria-labelledby={`${id}-label`}
            data={own.map(({ name }) => name)}
            value={chosen?.name ?? null}
            onChange={(next) => onChange(next ?? undefined)}
            placeholder="Choose a connection"
            clearable={action.connection === "optional"}
            clearButtonProps={{ "aria-label": "Use no connection" }}
            w={260}
          />
          {chosen && <HealthBadge health={chosen.health} />}
        </Group>
      )}
      <Group gap={4} mt={own.length > 0 ? 6 : 0} ml={isFirst ? 0 : -8}>
        <LinkButton
          to="/connections/new/$connector"
          params={{ connector: connectorId }}
          search={{
            name: isMissing ? step.connection : own.length === 0 ? connectorId : undefined,
            automation: automation.id,
            return: back,
          }}
          variant={isFirst ? "filled" : "subtle"}
          size={isFirst ? "sm" : "compact-xs"}
          leftSection={<Plus size={14} aria-hidden />}
          onClick={() => void store.flush()}
        >
          Add connection
        </LinkButton>
        {chosen && (
          <LinkButton
            to="/connections/$connectionId"
            params={{ connectionId: chosen.id }}
            search={{ return: back }}
            variant="subtle"
            size="compact-xs"
            leftSection={<Settings2 size={14} aria-hidden />}
            onClick={() => void store.flush()}
          >
            Open connection
          </LinkButton>
        )}
      </Group>
    </FieldShell>
  );
}
