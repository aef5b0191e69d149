import { NumberInput, Select } from "@mantine/core";
import { webhookDefaults, webhookLimits } from "@millrace/automation";
import { useId, useState } from "react";
import { FieldShell } from "../inspector/FieldShell.tsx";
import { bytesOf, sizeOf, sizeText, sizeUnits } from "./byte-size.ts";
import classes from "./TriggerForm.module.css";

type Props = { value: number; onChange: (bytes: number | undefined) => void; error: string | undefined };

/** A number of bytes, in the unit that a person would say it in. */
export function BodySizeField({ value, onChange, error }: Props) {
  const id = useId();
  const [typed, setTyped] = useState<{ amount: number | ""; unit: (typeof sizeUnits)[number] }>(() => sizeOf(value));
  const typedBytes = typed.amount === "" ? webhookDefaults.maxBodyBytes : bytesOf({ ...typed, amount: typed.amount });
  // An undo, or another version: what stands here is no longer what is stored.
  const { amount, unit } = typedBytes === value ? typed : sizeOf(value);
  const set = (next: typeof typed) => {
    setTyped(next);
    onChange(next.amount === "" ? undefined : bytesOf({ ...next, amount: next.amount }));
  };
  const usual = sizeOf(webhookDefaults.maxBodyBytes);
  return (
    <FieldShell
      id={id}
      title="Largest body"
      description={`Larger ones are answered 413. At most ${sizeText(webhookLimits.maxBodyBytes)}.`}
      error={error}
    >
      <fieldset className={classes.line} aria-labelledby={`${id}-label`} aria-describedby={`${id}-about`}>
        <NumberInput
          className={classes.amount}
          aria-label="Largest body"
          placeholder={String(bytesOf(usual) / bytesOf({ amount: 1, unit }))}
          value={amount}
          onChange={(next) => set({ amount: typeof next === "number" ? next : "", unit })}
          min={0}
          max={webhookLimits.maxBodyBytes / bytesOf({ amount: 1, unit })}
          // A number that is corrected while nobody looks would be a surprise; the problem says what fits.
          clampBehavior="none"
          error={error !== undefined}
        />
        <Select
          className={classes.unit}
          aria-label="Unit of the largest body"
          data={[...sizeUnits]}
          value={unit}
          onChange={(next) => next && set({ amount, unit: next })}
          allowDeselect={false}
        />
      </fieldset>
    </FieldShell>
  );
}
