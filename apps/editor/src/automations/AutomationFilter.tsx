import { Select } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { automationsQuery } from "../api/queries.ts";

type Props = { value: string | undefined; onChange: (automationId: string | undefined) => void };

export function AutomationFilter({ value, onChange }: Props) {
  const { data } = useInfiniteQuery(automationsQuery);
  const automations = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Select
      aria-label="Automation"
      placeholder="Any automation"
      data={automations.map(({ id, name }) => ({ value: id, label: name }))}
      value={value ?? null}
      onChange={(next) => onChange(next ?? undefined)}
      searchable
      clearable
      clearButtonProps={{ "aria-label": "Any automation" }}
      nothingFoundMessage="No automation with this name"
      w={220}
    />
  );
}
