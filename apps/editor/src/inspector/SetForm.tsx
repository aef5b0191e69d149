import { ActionIcon, Button, TextInput } from "@mantine/core";
import type { SetStep } from "@millrace/automation";
import { Plus, Trash2 } from "lucide-react";
import { uniqueKeys } from "../shell/unique-keys.ts";
import classes from "./Field.module.css";
import { JsonField } from "./JsonField.tsx";

type Props = { step: SetStep; onChange: (step: SetStep, tag?: string) => void };

/** Variables: each a name and any value. */
export function SetForm({ step, onChange }: Props) {
  const entries = Object.entries(step.set);
  const keys = uniqueKeys(entries.map(() => "row"));
  const rename = (index: number, name: string) => {
    const isTaken = entries.some(([other], at) => at !== index && other === name);
    if (isTaken) return;
    onChange(
      { ...step, set: Object.fromEntries(entries.map(([key, value], at) => [at === index ? name : key, value])) },
      `${step.id}.name`,
    );
  };
  const add = () => {
    const names = new Set(entries.map(([name]) => name));
    let count = entries.length + 1;
    while (names.has(`value${count}`)) count++;
    onChange({ ...step, set: { ...step.set, [`value${count}`]: "" } });
  };
  return (
    <>
      <p className={classes.about}>
        Later steps read a variable as <code className="mono">{`steps.${step.id}.name`}</code>.
      </p>
      {entries.map(([name, value], index) => (
        // A row is its place: its name changes while it is typed.
        <div key={keys[index]} className={classes.arm}>
          <div style={{ display: "flex", gap: 8, alignItems: "flex-end", marginBottom: 12 }}>
            <TextInput
              label="Name"
              value={name}
              onChange={(event) => rename(index, event.currentTarget.value)}
              style={{ flex: 1 }}
              styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
            />
            <ActionIcon
              size={36}
              aria-label={`Remove ${name}`}
              onClick={() => onChange({ ...step, set: Object.fromEntries(entries.filter((_, at) => at !== index)) })}
            >
              <Trash2 size={15} aria-hidden />
            </ActionIcon>
          </div>
          <JsonField
            field={{ title: `Value of ${name}`, isRequired: false }}
            value={value}
            onChange={(next) => onChange({ ...step, set: { ...step.set, [name]: next ?? "" } }, `${step.id}.${name}`)}
          />
        </div>
      ))}
      <div>
        <Button variant="default" leftSection={<Plus size={14} aria-hidden />} onClick={add}>
          Add variable
        </Button>
      </div>
    </>
  );
}
