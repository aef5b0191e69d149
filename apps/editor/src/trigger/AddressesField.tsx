import { Textarea } from "@mantine/core";
import { useState } from "react";
import { addressLines, addressProblem } from "./address-lines.ts";

type Props = {
  value: string[] | undefined;
  onChange: (value: string[] | undefined) => void;
  isRequired: boolean;
  error: string | undefined;
};

/** Where requests may come from, one address or range a line. */
export function AddressesField({ value, onChange, isRequired, error }: Props) {
  const [typed, setTyped] = useState(() => (value ?? []).join("\n"));
  // An undo, or another version: what stands here is no longer what is stored.
  const text = addressLines(typed).join("\n") === (value ?? []).join("\n") ? typed : (value ?? []).join("\n");
  const type = (next: string) => {
    setTyped(next);
    const lines = addressLines(next);
    onChange(lines.length === 0 ? undefined : lines);
  };
  return (
    <Textarea
      label="Allowed senders"
      description={`IP addresses or ranges such as 192.0.2.0/24, one a line. Requests from elsewhere are refused.${
        isRequired ? "" : " Empty: they may come from anywhere."
      }`}
      required={isRequired}
      autosize
      minRows={2}
      maxRows={8}
      spellCheck={false}
      value={text}
      onChange={(event) => type(event.currentTarget.value)}
      error={addressProblem(addressLines(text)) ?? error}
      styles={{
        wrapper: { maxWidth: 360 },
        input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12 },
      }}
    />
  );
}
