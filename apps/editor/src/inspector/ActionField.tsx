import { ActionIcon, NumberInput, Select, Switch, Tooltip } from "@mantine/core";
import type { Json } from "@millrace/base";
import { Braces, Undo2 } from "lucide-react";
import { useId, useState } from "react";
import { FieldShell } from "./FieldShell.tsx";
import type { FormField } from "./form-fields.ts";
import { JsonField } from "./JsonField.tsx";
import { KeyValueField } from "./KeyValueField.tsx";
import { MappingInput } from "./MappingInput.tsx";
import { PickerInput } from "./PickerInput.tsx";

type Props = {
  field: FormField;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
  error?: string | undefined;
  /** Of fields whose choices come from the service. */
  optionsFrom?: { actionId: string; connection: string | undefined } | undefined;
};

const isTemplate = (value: Json | undefined): value is string => typeof value === "string" && value.includes("{{");

/** One field of an action, by the control that its schema asks for. Any of them can hold an expression instead. */
export function ActionField({ field, value, onChange, error, optionsFrom }: Props) {
  const id = useId();
  const [wantsExpression, setWantsExpression] = useState(false);
  if (field.control === "json") return <JsonField field={field} value={value} onChange={onChange} error={error} />;
  if (field.control === "key-value")
    return <KeyValueField field={field} value={value} onChange={onChange} error={error} />;

  const isText = ["text", "long-text", "code", "duration"].includes(field.control);
  const isExpression = isText || wantsExpression || isTemplate(value);
  const toggle = !isText && (
    <Tooltip label={isExpression ? "Use a plain value" : "Use an expression"}>
      <ActionIcon
        size="sm"
        aria-label={`${isExpression ? "Use a plain value" : "Use an expression"} for ${field.title}`}
        onClick={() => {
          setWantsExpression(!isExpression);
          if (isTemplate(value)) onChange(undefined);
        }}
      >
        {isExpression ? <Undo2 size={14} aria-hidden /> : <Braces size={14} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
  return (
    <FieldShell
      id={id}
      title={field.title}
      description={field.description}
      isRequired={field.isRequired}
      tools={toggle}
      error={error}
    >
      {isExpression ? (
        <MappingInput
          id={id}
          value={textOf(value)}
          onChange={(next) => onChange(next === "" ? undefined : next)}
          isMultiline={field.control === "long-text" || field.control === "code"}
          placeholder={field.placeholder ?? (isText ? undefined : "{{ … }}")}
        />
      ) : (
        <PlainInput id={id} field={field} value={value} onChange={onChange} optionsFrom={optionsFrom} />
      )}
    </FieldShell>
  );
}

function PlainInput({ id, field, value, onChange, optionsFrom }: Omit<Props, "error"> & { id: string }) {
  const label = { "aria-labelledby": `${id}-label`, "aria-describedby": `${id}-about` };
  switch (field.control) {
    case "number":
      return (
        <NumberInput
          {...label}
          value={typeof value === "number" ? value : ""}
          onChange={(next) => onChange(typeof next === "number" ? next : undefined)}
          placeholder={field.placeholder ?? (field.defaultValue === undefined ? undefined : String(field.defaultValue))}
          min={field.minimum}
          max={field.maximum}
          clampBehavior="none"
          w={200}
        />
      );
    case "switch": {
      const isOn = typeof value === "boolean" ? value : field.defaultValue === true;
      return <Switch {...label} checked={isOn} onChange={(event) => onChange(event.currentTarget.checked)} />;
    }
    case "select": {
      const shown = value ?? field.defaultValue;
      return (
        <Select
          {...label}
          data={field.choices.map((choice) => ({ value: JSON.stringify(choice.value), label: choice.label }))}
          value={shown === undefined ? null : JSON.stringify(shown)}
          onChange={(next) =>
            onChange(
              next === null ? undefined : field.choices.find((choice) => JSON.stringify(choice.value) === next)?.value,
            )
          }
          placeholder="Choose"
          allowDeselect={!field.isRequired}
          maw={320}
        />
      );
    }
    default:
      return (
        <PickerInput
          labels={label}
          field={field}
          value={textOf(value)}
          onChange={(next) => onChange(next === "" ? undefined : next)}
          optionsFrom={optionsFrom}
        />
      );
  }
}

function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
