import { NumberInput, Select } from "@mantine/core";
import { webhookDefaults, webhookLimits } from "@millrace/automation";
import { useState } from "react";
import { bytesOf, sizeOf, sizeText, sizeUnits } from "./byte-size.ts";
import classes from "./TriggerForm.module.css";

type Props = { value: number; onChange: (bytes: number | undefined) => void; error: string | undefined };

/** A number of bytes, in the unit that a person would say it in. */
export function BodySizeField({ value, onChange, error }: Props) {
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
    <div className={classes.columns}>
      <NumberInput
        label="Largest body"
        description={`Larger ones are answered 413. At most ${sizeText(webhookLimits.maxBodyBytes)}.`}
        placeholder={String(bytesOf(usual) / bytesOf({ amount: 1, unit }))}
        value={amount}
        onChange={(next) => set({ amount: typeof next === "number" ? next : "", unit })}
        min={1 / bytesOf({ amount: 1, unit })}
        max={webhookLimits.maxBodyBytes / bytesOf({ amount: 1, unit })}
        error={error}
      />
      <Select
        label="Unit"
        description="1 MiB is 1024 KiB."
        data={[...sizeUnits]}
        value={unit}
        onChange={(next) => next && set({ amount, unit: next })}
        allowDeselect={false}
      />
    </div>
  );
}
