import { ActionIcon, Button, Group, Select } from "@mantine/core";
import { signingSecretConnectorId, verificationLimits } from "@millrace/automation";
import { useQuery } from "@tanstack/react-query";
import { Plus, RefreshCw, X } from "lucide-react";
import { useId } from "react";
import { connectionsQuery } from "../api/queries.ts";
import { freshId } from "../automations/edit-definition.ts";
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
  const isMissing = (name: string) => data !== undefined && !known.includes(name);
  const missing = names.find(isMissing);
  const unused = known.filter((name) => !names.includes(name));
  const entries = names.length === 0 ? [undefined] : names;
  // A row is its place: its name changes when another is chosen.
  const keys = uniqueKeys(entries.map(() => "row"));
  return (
    <FieldShell id={id} title={title} description={about} isRequired={canRotate}>
      <fieldset className={classes.entries} aria-labelledby={`${id}-label`} aria-describedby={`${id}-about`}>
        {entries.map((name, index) => (
          <SecretEntry
            key={keys[index]}
            label={names.length > 1 ? `${title} ${index + 1}` : title}
            name={name}
            others={unused}
            isMissing={name !== undefined && isMissing(name)}
            isOptional={!canRotate}
            error={data ? undefined : issues.at(path)}
            onChange={(next) => onChange(entries.flatMap((old, at) => (at === index ? (next ?? []) : (old ?? []))))}
            onRemove={names.length > 1 ? () => onChange(names.filter((_, at) => at !== index)) : undefined}
          />
        ))}
      </fieldset>
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
            onClick={() => onChange([...names, unused[0] ?? freshId(suggestion, new Set(names))])}
          >
            Accept another while rotating
          </Button>
        )}
      </Group>
    </FieldShell>
  );
}

type EntryProps = {
  label: string;
  name: string | undefined;
  /** Further entries of the keyvault. */
  others: readonly string[];
  isMissing: boolean;
  isOptional: boolean;
  error: string | undefined;
  onChange: (name: string | undefined) => void;
  onRemove: (() => void) | undefined;
};

function SecretEntry({ label, name, others, isMissing, isOptional, error, onChange, onRemove }: EntryProps) {
  return (
    <div className={classes.entry}>
      <Select
        className={classes.choice}
        aria-label={label}
        data={name === undefined ? others : [name, ...others]}
        renderOption={({ option }) =>
          isMissing && option.value === name ? `${option.label} (not in the keyvault)` : option.label
        }
        value={name ?? null}
        onChange={(next) => onChange(next ?? undefined)}
        placeholder="Choose an entry of the keyvault"
        nothingFoundMessage="The keyvault has no signing secrets yet."
        allowDeselect={false}
        clearable={isOptional}
        clearButtonProps={{ "aria-label": `Use no ${label.toLowerCase()}` }}
        error={isMissing && name ? absence(name) : error}
      />
      {onRemove && (
        <ActionIcon size={36} aria-label={`Stop accepting ${name}`} onClick={onRemove}>
          <X size={14} aria-hidden />
        </ActionIcon>
      )}
    </div>
  );
}

const absence = (name: string) => `The keyvault has no signing secret named ${name}. Add it before you publish.`;

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
