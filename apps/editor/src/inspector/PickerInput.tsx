import { Autocomplete, Loader } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../api/client.ts";
import classes from "./Field.module.css";
import type { FormField } from "./form-fields.ts";

type Props = {
  labels: { "aria-labelledby": string; "aria-describedby": string };
  field: FormField;
  value: string;
  onChange: (value: string) => void;
  optionsFrom: { actionId: string; connection: string | undefined } | undefined;
};

/** A text whose choices come from the service; one that is not on the list can be typed. */
export function PickerInput({ labels, field, value, onChange, optionsFrom }: Props) {
  const [isOpen, setIsOpen] = useState(false);
  const [search] = useDebouncedValue(value, 300);
  const [connectorId = "", action = ""] = optionsFrom?.actionId.split(".") ?? [];
  const { data, isFetching, error } = useQuery({
    queryKey: ["options", optionsFrom?.actionId, field.name, optionsFrom?.connection, search],
    queryFn: ({ signal }) =>
      api.connectors.options(
        {
          connectorId,
          action,
          field: field.name,
          search,
          ...(optionsFrom?.connection ? { connection: optionsFrom.connection } : {}),
        },
        { signal },
      ),
    enabled: isOpen && optionsFrom !== undefined,
    staleTime: 60_000,
    retry: false,
  });
  const options = data?.options ?? [];
  const labelOf = new Map(options.map((option) => [option.value, option.label]));
  return (
    <>
      <Autocomplete
        {...labels}
        value={value}
        onChange={onChange}
        onDropdownOpen={() => setIsOpen(true)}
        data={[...labelOf.keys()]}
        // What was chosen should not hide the other choices.
        filter={({ options: all }) => all}
        renderOption={({ option }) => (
          <span>
            {labelOf.get(option.value) ?? option.value}{" "}
            {labelOf.get(option.value) !== option.value && <code className="mono">{option.value}</code>}
          </span>
        )}
        placeholder={field.placeholder ?? (field.defaultValue === undefined ? undefined : String(field.defaultValue))}
        rightSection={isFetching ? <Loader size={14} /> : undefined}
        maw={420}
      />
      {(data?.problem ?? error?.message) && (
        <p className={classes.about}>{data?.problem ?? error?.message} You can type the value.</p>
      )}
    </>
  );
}
