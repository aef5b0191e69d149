import { TextInput } from "@mantine/core";
import { JwtForm } from "./JwtForm.tsx";
import { SignatureForm } from "./SignatureForm.tsx";
import type { OwnScheme } from "./scheme-drafts.ts";
import { firstScheme } from "./scheme-drafts.ts";
import classes from "./TriggerForm.module.css";
import { useTriggerIssues } from "./trigger-issues.ts";
import type { ChangeForm } from "./use-verification-form.ts";
import type { VerificationForm } from "./verification-form.ts";

type Props = { form: VerificationForm; onChange: ChangeForm };

const path = "trigger.verify";

/** The fields of a scheme of one's own. */
export function SchemeForm({ form, onChange }: Props) {
  const { mode, schemes } = form;
  const set = (draft: VerificationForm["schemes"], field?: string) =>
    onChange({ ...form, schemes: { ...schemes, ...draft } }, field && `${path}.${field}`);
  switch (mode) {
    case "hmac":
      return (
        <SignatureForm value={schemes.hmac ?? firstScheme.hmac} onChange={(hmac, field) => set({ hmac }, field)} />
      );
    case "publicKey":
      return (
        <SignatureForm
          value={schemes.publicKey ?? firstScheme.publicKey}
          onChange={(publicKey, field) => set({ publicKey }, field)}
        />
      );
    case "header":
      return (
        <HeaderForm value={schemes.header ?? firstScheme.header} onChange={(header, field) => set({ header }, field)} />
      );
    case "jwt":
      return <JwtForm value={schemes.jwt ?? firstScheme.jwt} onChange={(jwt, field) => set({ jwt }, field)} />;
    default:
      return null;
  }
}

type HeaderProps = { value: OwnScheme<"header">; onChange: (value: OwnScheme<"header">, field: string) => void };

function HeaderForm({ value, onChange }: HeaderProps) {
  const issues = useTriggerIssues();
  return (
    <div className={classes.columns}>
      <TextInput
        label="Header"
        required
        value={value.header}
        onChange={(event) => onChange({ ...value, header: event.currentTarget.value.trim() }, "header")}
        error={issues.at(`${path}.header`)}
      />
      <TextInput
        label="Text before the secret"
        placeholder="none"
        value={value.prefix ?? ""}
        onChange={(event) => onChange({ ...value, prefix: event.currentTarget.value || undefined }, "prefix")}
        error={issues.at(`${path}.prefix`)}
      />
    </div>
  );
}
