import { NumberInput, Select, Switch, Textarea, TextInput } from "@mantine/core";
import type { ActionStep } from "@millrace/automation";
import { durationPattern } from "@millrace/base";
import { useState } from "react";
import { Fold } from "./Fold.tsx";

type Props = { step: ActionStep; onChange: (step: ActionStep) => void };

/** How a step behaves when things go wrong. */
export function StepSettings({ step, onChange }: Props) {
  const [timeout, setTimeoutText] = useState(step.timeout ?? "");
  const isTimeoutOk = timeout === "" || durationPattern.test(timeout);
  const onError = Array.isArray(step.onError) ? "steps" : (step.onError ?? "stop");
  const changed = [
    step.timeout && `timeout ${step.timeout}`,
    step.retry && `${step.retry.attempts} attempts`,
    step.onError && "on error",
    step.atMostOnce && "at most once",
  ];
  const typeTimeout = (text: string) => {
    setTimeoutText(text);
    if (text === "" || durationPattern.test(text)) onChange({ ...step, timeout: text || undefined });
  };
  return (
    <Fold title="Settings" note={changed.filter(Boolean).join(", ") || "timeout, retries, errors, note"}>
      <TextInput
        label="Timeout"
        description="How long one attempt may take."
        placeholder="30s"
        value={timeout}
        onChange={(event) => typeTimeout(event.currentTarget.value)}
        error={isTimeoutOk ? undefined : "Write a duration such as 30s or 2m."}
        w={200}
      />
      <NumberInput
        label="Attempts"
        description="How often a call is made that fails for a passing reason, such as a rate limit."
        placeholder="4"
        min={1}
        max={20}
        allowDecimal={false}
        value={step.retry?.attempts ?? ""}
        onChange={(attempts) =>
          onChange({ ...step, retry: typeof attempts === "number" && attempts >= 1 ? { attempts } : undefined })
        }
        w={200}
      />
      <Select
        label="On error"
        description="What happens when the last attempt has failed."
        data={[
          { value: "stop", label: "Stop: the run fails" },
          { value: "continue", label: "Continue with the next step" },
          { value: "steps", label: "Run other steps, then continue" },
        ]}
        value={onError}
        onChange={(next) =>
          onChange({ ...step, onError: next === "continue" ? "continue" : next === "steps" ? [] : undefined })
        }
        allowDeselect={false}
        w={280}
      />
      <Switch
        label="At most once"
        description="After a crash in the middle of a call, wait for a person instead of calling again."
        checked={step.atMostOnce ?? false}
        onChange={(event) => onChange({ ...step, atMostOnce: event.currentTarget.checked || undefined })}
      />
      <Textarea
        label="Note"
        description="For people; it has no effect."
        autosize
        minRows={2}
        value={step.note ?? ""}
        onChange={(event) => onChange({ ...step, note: event.currentTarget.value || undefined })}
      />
    </Fold>
  );
}
