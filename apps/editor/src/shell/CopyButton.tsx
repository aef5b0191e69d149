import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { Check, Copy } from "lucide-react";

type Props = { value: string; label: string; withText?: boolean; size?: number };

/** Copies `value`; `label` says what, such as "Copy webhook URL". */
export function CopyButton({ value, label, withText = false, size = 14 }: Props) {
  const { copied, copy } = useClipboard({ timeout: 1500 });
  const icon = copied ? <Check size={size} aria-hidden /> : <Copy size={size} aria-hidden />;
  if (withText) {
    return (
      <Button variant="default" size="xs" leftSection={icon} onClick={() => copy(value)} aria-label={label}>
        {copied ? "Copied" : "Copy"}
      </Button>
    );
  }
  return (
    <Tooltip label={copied ? "Copied" : label}>
      <ActionIcon onClick={() => copy(value)} aria-label={label} size="sm">
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
