import type { Verification } from "@millrace/automation";
import { useState } from "react";
import {
  isSameVerification,
  openVerificationForm,
  type VerificationForm,
  verificationOf,
} from "./verification-form.ts";

export type ChangeForm = (form: VerificationForm, tag?: string) => void;

/**
 * The form over a trigger's `verify`. It remembers what other modes were given, and follows a value that changed from
 * elsewhere, such as by an undo.
 */
export function useVerificationForm(
  value: Verification | undefined,
  onChange: (value: Verification | undefined, tag?: string) => void,
): { form: VerificationForm; change: ChangeForm } {
  const [form, setForm] = useState(() => openVerificationForm(value));
  const [seen, setSeen] = useState(value);
  if (value !== seen) {
    setSeen(value);
    if (!isSameVerification(verificationOf(form), value)) setForm(openVerificationForm(value, form));
  }
  const change: ChangeForm = (next, tag) => {
    setForm(next);
    onChange(verificationOf(next), tag);
  };
  return { form, change };
}
