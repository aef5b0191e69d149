import { ActionIcon, Button, Group, Select } from "@mantine/core";
import { signingSecretConnectorId, verificationLimits } from "@millrace/automation";
import { useQuery } from "@tanstack/react-query";
import { Plus, RefreshCw, X } from "lucide-react";
import { useId } from "react";
import { connectionsQuery } from "../api/queries.ts";
import { useEditor } from "../automations/editor-model.ts";
import { FieldShell } from "../inspector/FieldShell.tsx";
import { LinkButton } from "../shell/LinkButton.tsx";
import { uniqueKeys } from "../shell/unique-keys.ts";
import { signingSecretNames } from "./signing-secret-names.ts";
import classes from "./TriggerForm.module.css";
import { useTriggerIssues } from "./trigger-issues.ts";

type Props = {
  title: string;
  about: string;
  /** Entries of the keyvault, by name. */
  names: readonly string[];
  onChange: (names: string[]) => void;
  /** What a new entry is called. */
  suggestion: string;
  /** Where the names stand in the definition. */
  path: string;
  canRotate?: boolean;
};

/** Which entries of the keyvault hold a secret, whether they are there, and the way to add one and come back. */
export function SecretPicker({ title, about, names, onChange, suggestion, path, canRotate = false }: Props) {
  const id = useId();
  const { data } = useQuery(connectionsQuery);
  const issues = useTriggerIssues();
  const known = signingSecretNames(data?.items);
  const keys = uniqueKeys(names);
  const missing = data && names.find((name) => !known.includes(name));
  const unused = known.find((name) => !names.includes(name));
  const setName = (at: number, name: string) => onChange(names.map((other, index) => (index === at ? name : other)));
  return (
    <FieldShell id={id} title={title} description={about} isRequired={canRotate}>
      {(names.length === 0 ? [undefined] : names).map((name, index) => (
        <div key={keys[index] ?? "empty"} className={classes.entry}>
          <Select
            className={classes.choice}
            aria-label={names.length > 1 ? `${title} ${index + 1}` : title}
            aria-describedby={`${id}-about`}
            data={[...new Set([...known, ...(name ? [name] : [])])]}
            renderOption={({ option }) =>
              known.includes(option.value) ? option.label : `${option.label} (not in the keyvault)`
            }
            value={name ?? null}
            onChange={(next) =>
              next === null ? onChange([]) : names.length === 0 ? onChange([next]) : setName(index, next)
            }
            placeholder="Choose an entry of the keyvault"
            nothingFoundMessage="The keyvault has no signing secrets yet."
            allowDeselect={false}
            clearable={!canRotate}
            clearButtonProps={{ "aria-label": `Use no ${title.toLowerCase()}` }}
            error={name !== undefined && name === missing ? absence(name) : data ? undefined : issues.at(path)}
          />
          {names.length > 1 && (
            <ActionIcon
              size={36}
              aria-label={`Stop accepting ${name}`}
              onClick={() => onChange(names.filter((_, at) => at !== index))}
            >
              <X size={14} aria-hidden />
            </ActionIcon>
          )}
        </div>
      ))}
      <Group gap={4} mt={8} ml={missing === undefined ? -8 : 0}>
        <AddSecret
          name={missing ?? (known.includes(suggestion) ? undefined : suggestion)}
          isNeeded={missing !== undefined}
        />
        {canRotate && names.length < verificationLimits.secretNames && missing === undefined && (
          <Button
            variant="subtle"
            size="compact-xs"
            leftSection={<RefreshCw size={13} aria-hidden />}
            onClick={() => onChange([...names, unused ?? `${names[0] ?? suggestion}-new`])}
          >
            Accept another while rotating
          </Button>
        )}
      </Group>
    </FieldShell>
  );
}

const absence = (name: string) =>
  `The keyvault has no signing secret named ${name}. Until it has, requests are refused.`;

function AddSecret({ name, isNeeded }: { name: string | undefined; isNeeded: boolean }) {
  const { automation, store } = useEditor();
  return (
    <LinkButton
      to="/connections/new/$connector"
      params={{ connector: signingSecretConnectorId }}
      search={{ name, automation: automation.id, return: `/automations/${automation.id}` }}
      variant={isNeeded ? "filled" : "subtle"}
      size={isNeeded ? "sm" : "compact-xs"}
      leftSection={<Plus size={14} aria-hidden />}
      onClick={() => void store.flush()}
    >
      {isNeeded ? `Add ${name}` : "Add secret"}
    </LinkButton>
  );
}
