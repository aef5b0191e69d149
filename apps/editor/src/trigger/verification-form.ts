import {
  type PresetName,
  presetNames,
  presets,
  presetsWithoutTimestamp,
  presetsWithVerifyToken,
  type SchemeName,
  type Verification,
  type VerificationScheme,
} from "@millrace/automation";
import { firstScheme, type OwnScheme, type SchemeDrafts } from "./scheme-drafts.ts";

/** What the picker offers: nothing, a provider, or a scheme of one's own. */
export type VerificationMode = "none" | PresetName | SchemeName;

/**
 * A trigger's `verify` as the form holds it. What the chosen mode has no use for stays here and is not written, so that
 * going back to it brings back what was entered.
 */
export type VerificationForm = {
  mode: VerificationMode;
  /** `preset: none` stands in the document; absent says the same. */
  isNoneWritten: boolean;
  secret: string | string[] | undefined;
  verifyToken: string | undefined;
  toleranceSeconds: number | undefined;
  allowFrom: string[] | undefined;
  schemes: SchemeDrafts;
};

const empty: VerificationForm = {
  ...{ mode: "none", isNoneWritten: false, secret: undefined, verifyToken: undefined },
  ...{ toleranceSeconds: undefined, allowFrom: undefined, schemes: {} },
};

/** Reads a value; `before` lends what the value says nothing about. */
export function openVerificationForm(
  verify: Verification | undefined,
  before: VerificationForm = empty,
): VerificationForm {
  if (!verify) return { ...before, mode: "none", isNoneWritten: false, allowFrom: undefined };
  const form = { ...before, isNoneWritten: false, allowFrom: verify.allowFrom };
  if ("secret" in verify) form.secret = verify.secret;
  const mode = "preset" in verify ? verify.preset : verify.scheme;
  if (mode === "none") return { ...form, mode, isNoneWritten: true };
  if (takesTolerance(mode, "content" in verify ? verify : undefined))
    form.toleranceSeconds = "toleranceSeconds" in verify ? verify.toleranceSeconds : undefined;
  if ("preset" in verify)
    return { ...form, mode, ...("verifyToken" in verify ? { verifyToken: verify.verifyToken } : {}) };
  return { ...form, mode, schemes: { ...form.schemes, ...draftOf(verify) } };
}

/** What the form says, as the definition holds it: nothing where the default does. */
export function verificationOf(form: VerificationForm): Verification | undefined {
  const { mode, schemes } = form;
  const from = form.allowFrom && form.allowFrom.length > 0 ? { allowFrom: form.allowFrom } : {};
  if (mode === "none") return form.isNoneWritten || form.allowFrom?.length ? { preset: "none", ...from } : undefined;
  if (mode === "addresses") return { scheme: mode, allowFrom: form.allowFrom ?? [] };
  const keyed = { secret: form.secret ?? "", ...from };
  const isTolerated = form.toleranceSeconds !== undefined && takesTolerance(mode, signatureOf(form));
  const tolerance = isTolerated ? { toleranceSeconds: form.toleranceSeconds } : {};
  if (isPreset(mode)) {
    const hasToken = form.verifyToken !== undefined && takesVerifyToken(mode);
    return { preset: mode, ...keyed, ...tolerance, ...(hasToken ? { verifyToken: form.verifyToken } : {}) };
  }
  switch (mode) {
    case "basic":
    case "bearer":
      return { scheme: mode, ...keyed };
    case "header":
      return withoutUndefined({ ...(schemes.header ?? firstScheme.header), ...keyed });
    case "jwt":
      return withoutUndefined({ ...(schemes.jwt ?? firstScheme.jwt), ...tolerance, ...from });
    case "hmac":
      return withoutUndefined({ ...(schemes.hmac ?? firstScheme.hmac), ...tolerance, ...keyed });
    case "publicKey":
      return withoutUndefined({ ...(schemes.publicKey ?? firstScheme.publicKey), ...tolerance, ...keyed });
  }
}

/** The form after another mode was picked. `known` are the names of the keyvault's signing secrets. */
export function chooseMode(form: VerificationForm, mode: VerificationMode, known: readonly string[]): VerificationForm {
  if (mode === form.mode) return form;
  const isSuggestion = form.secret === suggestedSecret(form.mode, []) && !known.includes(String(form.secret));
  const secret = form.secret === undefined || isSuggestion ? suggestedSecret(mode, known) : form.secret;
  return { ...form, mode, isNoneWritten: false, secret, schemes: startScheme(form, mode) };
}

/** A scheme of one's own starts as the provider's that was chosen before it, if they are of one kind. */
function startScheme({ mode: before, schemes }: VerificationForm, mode: VerificationMode): SchemeDrafts {
  if (!isPreset(before)) return schemes;
  const { scheme } = presets[before];
  if (mode !== scheme.scheme || schemes[mode] !== undefined) return schemes;
  return { ...schemes, ...draftOf(scheme) };
}

/** The name that a new entry gets: one that is there already if it looks like the provider's. */
export function suggestedSecret(mode: VerificationMode, known: readonly string[]): string {
  if (!isPreset(mode)) return "webhook-secret";
  const found = known.find((name) =>
    name
      .toLowerCase()
      .replace(/[^a-z0-9]/g, "")
      .includes(mode.toLowerCase()),
  );
  return found ?? `${mode.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}-hooks`;
}

export const isPreset = (mode: VerificationMode): mode is PresetName => presetNames.some((name) => name === mode);

/** The names of the secrets that count, newest first. */
export function secretNamesOf({ secret }: VerificationForm): string[] {
  if (secret === undefined) return [];
  return typeof secret === "string" ? [secret] : secret;
}

export const takesSecret = (mode: VerificationMode): boolean =>
  mode !== "none" && mode !== "jwt" && mode !== "addresses";

export const takesVerifyToken = (mode: VerificationMode): boolean =>
  isPreset(mode) && presetsWithVerifyToken.includes(mode);

/** Where a time is signed, its age can be limited. */
export function takesTolerance(
  mode: VerificationMode,
  signature: { timestamp?: object | undefined } | undefined,
): boolean {
  if (isPreset(mode)) return !presetsWithoutTimestamp.includes(mode);
  return mode === "jwt" || signature?.timestamp !== undefined;
}

export function signatureOf({
  mode,
  schemes,
}: VerificationForm): OwnScheme<"hmac"> | OwnScheme<"publicKey"> | undefined {
  if (mode === "hmac") return schemes.hmac ?? firstScheme.hmac;
  return mode === "publicKey" ? (schemes.publicKey ?? firstScheme.publicKey) : undefined;
}

type SharedKey = "secret" | "allowFrom" | "toleranceSeconds";

function draftOf(scheme: VerificationScheme | Extract<Verification, { scheme: string }>): SchemeDrafts {
  switch (scheme.scheme) {
    case "hmac":
      return { hmac: ownPart(scheme) };
    case "publicKey":
      return { publicKey: ownPart(scheme) };
    case "header":
      return { header: ownPart(scheme) };
    case "jwt":
      return { jwt: ownPart(scheme) };
    default:
      return {};
  }
}

/** Without what all schemes have in common, which the form holds once. */
function ownPart<Scheme extends { scheme: string } & { [Key in SharedKey]?: unknown }>(
  scheme: Scheme,
): Omit<Scheme, SharedKey> {
  const { secret: _secret, allowFrom: _from, toleranceSeconds: _tolerance, ...own } = scheme;
  return own;
}

function withoutUndefined<Value extends object>(value: Value): Value {
  const copy = { ...value };
  for (const key in copy) if (copy[key] === undefined) delete copy[key];
  return copy;
}

/** Whether two values say the same, whatever the order of their keys. */
export function isSameVerification(left: Verification | undefined, right: Verification | undefined): boolean {
  return ordered(left) === ordered(right);
}

const ordered = (value: Verification | undefined) =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
