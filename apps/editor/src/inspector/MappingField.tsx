import { useId } from "react";
import { FieldShell } from "./FieldShell.tsx";
import { MappingInput } from "./MappingInput.tsx";

type Props = {
  title: string;
  description?: string | undefined;
  value: string;
  onChange: (value: string) => void;
  syntax?: "template" | "expression";
  isMultiline?: boolean;
  isRequired?: boolean;
  placeholder?: string | undefined;
  names?: readonly string[] | undefined;
  error?: string | undefined;
};

export function MappingField({ title, description, isRequired = false, error, ...input }: Props) {
  const id = useId();
  return (
    <FieldShell id={id} title={title} description={description} isRequired={isRequired} error={error}>
      <MappingInput id={id} {...input} />
    </FieldShell>
  );
}
