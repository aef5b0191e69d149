import { Select } from "@mantine/core";
import { presets, type WebhookTrigger } from "@millrace/automation";
import { useQuery } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { connectionsQuery } from "../api/queries.ts";
import { Fold } from "../inspector/Fold.tsx";
import { AddressesField } from "./AddressesField.tsx";
import { SchemeForm } from "./SchemeForm.tsx";
import { SecretPicker } from "./SecretPicker.tsx";
import { signingSecretNames } from "./signing-secret-names.ts";
import { ToleranceField } from "./ToleranceField.tsx";
import classes from "./TriggerForm.module.css";
import { useTriggerIssues } from "./trigger-issues.ts";
import { type ChangeForm, useVerificationForm } from "./use-verification-form.ts";
import {
  chooseMode,
  isPreset,
  secretNamesOf,
  suggestedSecret,
  takesSecret,
  takesVerifyToken,
  type VerificationForm,
  type VerificationMode,
} from "./verification-form.ts";
import { aboutMode, modeGroups, modeTitle, secretText, verificationNote } from "./verification-text.ts";

type Props = { trigger: WebhookTrigger; onChange: (change: Pick<WebhookTrigger, "verify">, tag?: string) => void };

const path = "trigger.verify";

/** How requests prove where they come from. */
export function VerificationFold({ trigger, onChange }: Props) {
  const issues = useTriggerIssues();
  const { form, change } = useVerificationForm(trigger.verify, (verify, tag) => onChange({ verify }, tag));
  return (
    <Fold
      title="Verification"
      note={verificationNote(form)}
      isRisky={form.mode === "none" && !form.allowFrom?.length}
      problems={issues.count([path])}
    >
      <ModePicker form={form} onChange={change} />
      {takesSecret(form.mode) && <Secrets form={form} onChange={change} />}
      <SchemeForm form={form} onChange={change} />
      <ToleranceField form={form} onChange={change} />
      <AddressesField
        value={form.allowFrom}
        isRequired={form.mode === "addresses"}
        onChange={(allowFrom) => change({ ...form, allowFrom }, `${path}.allowFrom`)}
        error={issues.at(`${path}.allowFrom`)}
      />
    </Fold>
  );
}

type FormProps = { form: VerificationForm; onChange: ChangeForm };

function ModePicker({ form, onChange }: FormProps) {
  const { data } = useQuery(connectionsQuery);
  const { mode } = form;
  const about = aboutMode(mode, form.allowFrom !== undefined && form.allowFrom.length > 0);
  return (
    <div>
      <Select<VerificationMode>
        label="Proof of the sender"
        data={modeGroups}
        value={mode}
        onChange={(next) => next && onChange(chooseMode(form, next, signingSecretNames(data?.items)))}
        searchable
        nothingFoundMessage="No such provider. Most sign with HMAC: see Your own scheme."
        allowDeselect={false}
        // The list itself scrolls: the arrow keys of the field move it, so it needs no focus of its own.
        withScrollArea={false}
        styles={{ options: { maxHeight: 320, overflowY: "auto" } }}
        maw={360}
      />
      {mode === "none" ? (
        <p className={classes.caution}>
          <TriangleAlert size={14} aria-hidden />
          {about} Pick how the sender proves itself, if it can.
        </p>
      ) : (
        <p className={classes.about}>
          {about}{" "}
          {isPreset(mode) && (
            <a href={presets[mode].docs} target="_blank" rel="noreferrer">
              {modeTitle(mode)}'s page about it
            </a>
          )}
        </p>
      )}
    </div>
  );
}

function Secrets({ form, onChange }: FormProps) {
  const { mode, verifyToken } = form;
  const { title, about } = secretText(mode);
  return (
    <>
      <SecretPicker
        title={title}
        about={about}
        names={secretNamesOf(form)}
        suggestion={suggestedSecret(mode, [])}
        path={`${path}.secret`}
        canRotate
        onChange={(names) => onChange({ ...form, secret: names.length === 1 ? names[0] : names })}
      />
      {takesVerifyToken(mode) && (
        <SecretPicker
          title="Verify token"
          about={`What you enter as verify token at ${modeTitle(mode)}, which asks for it once.`}
          names={verifyToken === undefined ? [] : [verifyToken]}
          suggestion={`${suggestedSecret(mode, [])}-token`}
          path={`${path}.verifyToken`}
          onChange={([token]) => onChange({ ...form, verifyToken: token })}
        />
      )}
    </>
  );
}
