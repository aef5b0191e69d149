import { PasswordInput, Select, Stack, Textarea, TextInput } from "@mantine/core";
import type { Connection, ConnectionFieldSpec } from "@millrace/contract";
import { choicesOf } from "../inspector/form-fields.ts";
import { asObject } from "../inspector/json-schema.ts";

export type FieldValues = Record<string, string>;
type Stored = Connection["fields"][number];

type Props = {
  specs: readonly ConnectionFieldSpec[];
  values: FieldValues;
  onChange: (values: FieldValues) => void;
  /** What is stored; absent for a new connection. */
  stored?: Connection["fields"];
};

/** Exactly the fields of one connector. What is stored can be replaced, never read. */
export function CredentialFields({ specs, values, onChange, stored }: Props) {
  return (
    <Stack gap="md">
      {specs.map((spec) => {
        const held = stored?.find(({ name }) => name === spec.name);
        const value = values[spec.name] ?? (spec.isSecret ? "" : (held?.value ?? ""));
        const set = (next: string) => onChange({ ...values, [spec.name]: next });
        return <CredentialField key={spec.name} spec={spec} held={held} value={value} onChange={set} />;
      })}
    </Stack>
  );
}

type FieldProps = {
  spec: ConnectionFieldSpec;
  held: Stored | undefined;
  value: string;
  onChange: (value: string) => void;
};

function CredentialField({ spec, held, value, onChange }: FieldProps) {
  const choices = choicesOf(asObject(spec.jsonSchema));
  const common = {
    name: spec.name,
    label: spec.title,
    description: spec.description,
    required: spec.isRequired && !held?.isSet,
    placeholder: placeholderOf(spec, held),
    value,
  };
  if (choices.length > 0) {
    const data = choices.map((choice) => ({ value: String(choice.value), label: choice.label }));
    return (
      <Select
        {...common}
        value={value || null}
        data={data}
        onChange={(next) => onChange(next ?? "")}
        allowDeselect={!spec.isRequired}
      />
    );
  }
  const typing = {
    onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
    spellCheck: false,
  };
  if (spec.isSecret) {
    return (
      <PasswordInput
        {...common}
        {...typing}
        autoComplete="new-password"
        styles={{ innerInput: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        visibilityToggleButtonProps={{ "aria-label": `Show ${spec.title}` }}
      />
    );
  }
  if (spec.control === "long-text") return <Textarea {...common} {...typing} autosize minRows={2} maxRows={8} />;
  return <TextInput {...common} {...typing} autoComplete="off" />;
}

function placeholderOf(spec: ConnectionFieldSpec, held: Stored | undefined): string | undefined {
  if (!held?.isSet || !spec.isSecret) return spec.placeholder ?? undefined;
  return held.hint ? `Stored (${held.hint}). Type to replace it.` : "Stored. Type to replace it.";
}
