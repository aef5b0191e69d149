import { ActionIcon, Button, TextInput } from "@mantine/core";
import { isJsonObject, type Json } from "@millrace/base";
import { Plus, X } from "lucide-react";
import { useId } from "react";
import classes from "./Field.module.css";
import { FieldShell } from "./FieldShell.tsx";
import type { FormField } from "./form-fields.ts";
import { MappingInput } from "./MappingInput.tsx";
import { usePairs } from "./use-pairs.ts";

type Props = {
  field: Pick<FormField, "title" | "description" | "isRequired">;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
  error?: string | undefined;
};

/** Names and values, such as headers; or one template that gives all of them. */
export function KeyValueField({ field, value, onChange, error }: Props) {
  const id = useId();
  const { pairs, setPair, addPair, removePair } = usePairs(isJsonObject(value) ? value : {}, (next) =>
    onChange(Object.keys(next).length === 0 ? undefined : next),
  );
  return (
    <FieldShell id={id} title={field.title} description={field.description} isRequired={field.isRequired} error={error}>
      {typeof value === "string" ? (
        <MappingInput id={id} value={value} onChange={(next) => onChange(next === "" ? undefined : next)} />
      ) : (
        <>
          {pairs.map((pair, index) => (
            <div key={pair.key} className={classes.pair}>
              <TextInput
                aria-label={`${field.title} ${index + 1}, name`}
                placeholder="name"
                value={pair.name}
                onChange={(event) => setPair(pair.key, { name: event.currentTarget.value })}
                styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12 } }}
              />
              <div>
                <span id={`${id}-${pair.key}-label`} className="visually-hidden">
                  {`${field.title} ${index + 1}, value`}
                </span>
                <MappingInput
                  id={`${id}-${pair.key}`}
                  value={pair.value}
                  onChange={(next) => setPair(pair.key, { value: next })}
                  placeholder="value"
                />
              </div>
              <ActionIcon
                aria-label={`Remove ${pair.name || `${field.title} ${index + 1}`}`}
                onClick={() => removePair(pair.key)}
              >
                <X size={14} aria-hidden />
              </ActionIcon>
            </div>
          ))}
          <Button
            variant="subtle"
            size="compact-sm"
            mt={pairs.length > 0 ? 8 : 0}
            leftSection={<Plus size={14} aria-hidden />}
            onClick={addPair}
          >
            Add {field.title.toLowerCase().replace(/s$/, "")}
          </Button>
        </>
      )}
    </FieldShell>
  );
}
