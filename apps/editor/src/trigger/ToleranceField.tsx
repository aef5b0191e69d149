import { NumberInput } from "@mantine/core";
import { longestToleranceSeconds } from "@millrace/automation";
import { useTriggerIssues } from "./trigger-issues.ts";
import type { ChangeForm } from "./use-verification-form.ts";
import { signatureOf, takesTolerance, type VerificationForm } from "./verification-form.ts";
import { defaultTolerance } from "./verification-text.ts";

/** How old a signed request may be. */
export function ToleranceField({ form, onChange }: { form: VerificationForm; onChange: ChangeForm }) {
  const issues = useTriggerIssues();
  if (!takesTolerance(form.mode, signatureOf(form))) return null;
  const usual = defaultTolerance(form);
  const set = (seconds: number | undefined) =>
    onChange({ ...form, toleranceSeconds: seconds === usual ? undefined : seconds }, "trigger.verify.toleranceSeconds");
  return (
    <NumberInput
      label="Tolerance in seconds"
      description="How far the signed time may be from ours. Requests outside of it are refused."
      placeholder={String(usual)}
      value={form.toleranceSeconds ?? ""}
      onChange={(next) => set(typeof next === "number" ? next : undefined)}
      min={1}
      max={longestToleranceSeconds}
      allowDecimal={false}
      error={issues.at("trigger.verify.toleranceSeconds")}
      styles={{ wrapper: { maxWidth: 200 } }}
    />
  );
}
