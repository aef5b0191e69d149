import { Select, TextInput } from "@mantine/core";
import { schemeChoices } from "@millrace/automation";
import type { Signature, SignatureProps } from "./SignatureForm.tsx";
import classes from "./TriggerForm.module.css";
import { useTriggerIssues } from "./trigger-issues.ts";
import { signatureFormatTitles } from "./verification-text.ts";

/** How the secret's text becomes a key; of ECDSA, how the signature's two numbers are packed. */
export function KeyReading<Scheme extends Signature>({ value, onChange }: SignatureProps<Scheme>) {
  const issues = useTriggerIssues();
  if (value.scheme === "hmac") {
    return (
      <div className={classes.columns}>
        <Select
          label="The secret is"
          data={schemeChoices.secretEncodings.map((name) => ({ value: name, label: name }))}
          value={value.secretEncoding ?? "text"}
          onChange={(next) => next && onChange({ ...value, secretEncoding: next === "text" ? undefined : next })}
          allowDeselect={false}
        />
        <TextInput
          label="Beginning that is not part of the key"
          placeholder="none, or such as whsec_"
          value={value.secretPrefix ?? ""}
          onChange={(event) =>
            onChange({ ...value, secretPrefix: event.currentTarget.value || undefined }, "secretPrefix")
          }
          error={issues.at("trigger.verify.secretPrefix")}
        />
      </div>
    );
  }
  if (value.algorithm !== "ecdsaP256Sha256") return null;
  return (
    <Select
      label="Form of the signature"
      data={schemeChoices.signatureFormats.map((name) => ({ value: name, label: signatureFormatTitles[name] }))}
      value={value.signatureFormat ?? "der"}
      onChange={(next) => next && onChange({ ...value, signatureFormat: next === "der" ? undefined : next })}
      allowDeselect={false}
      maw={360}
    />
  );
}
