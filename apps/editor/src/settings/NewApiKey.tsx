import { Button, Group, MultiSelect, Select, TextInput } from "@mantine/core";
import { type Scope, scopes } from "@millrace/contract";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client.ts";
import { apiKeysQuery, meQuery } from "../api/queries.ts";
import { CopyButton } from "../shell/CopyButton.tsx";
import { ProblemNotice } from "../shell/ProblemNotice.tsx";
import classes from "./SettingsPage.module.css";

const lifetimes = [
  { value: "", label: "Never" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
];

export function NewApiKey({ onClose }: { onClose: () => void }) {
  const { data: me } = useQuery(meQuery);
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<Scope[]>([]);
  const [days, setDays] = useState("");
  const create = useMutation({
    mutationFn: () => api.apiKeys.create({ name, scopes: chosen, ...(days ? { expiresInDays: Number(days) } : {}) }),
    onSuccess: () => queries.invalidateQueries({ queryKey: apiKeysQuery.queryKey }),
  });
  if (create.data) {
    return (
      <div className={classes.keyForm}>
        <strong>Copy the key now. It is not shown again.</strong>
        <div className={classes.secret}>
          <code className="mono" data-testid="api-key">
            {create.data.key}
          </code>
          <CopyButton value={create.data.key} label="Copy API key" />
        </div>
        <Group justify="flex-end">
          <Button onClick={onClose}>Done</Button>
        </Group>
      </div>
    );
  }
  const own = me?.scopes ?? scopes;
  return (
    <form
      className={classes.keyForm}
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate();
      }}
    >
      <TextInput
        label="Name"
        placeholder="Deploy script"
        required
        autoFocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <MultiSelect
        label="Scopes"
        description="What the key may do."
        placeholder={chosen.length === 0 ? "Choose scopes" : ""}
        data={[...own]}
        value={chosen}
        onChange={(values) => setChosen(scopes.filter((scope) => values.includes(scope)))}
        searchable
        clearable
        clearButtonProps={{ "aria-label": "Clear scopes" }}
      />
      <Group gap="xs">
        <Button variant="subtle" size="compact-xs" onClick={() => setChosen([...own])}>
          All scopes
        </Button>
        <Button
          variant="subtle"
          size="compact-xs"
          onClick={() => setChosen(own.filter((scope) => scope.endsWith(":read")))}
        >
          Read only
        </Button>
      </Group>
      <Select
        label="Expires"
        data={lifetimes}
        value={days}
        onChange={(value) => setDays(value ?? "")}
        allowDeselect={false}
      />
      {create.error && <ProblemNotice error={create.error} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={create.isPending} disabled={name.trim() === "" || chosen.length === 0}>
          Create key
        </Button>
      </Group>
    </form>
  );
}
