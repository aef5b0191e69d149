import { hint } from "@millrace/vault";

/** What may be shown of one field of a credential. */
export type ConnectionField = {
  isSet: boolean;
  isSecret: boolean;
  /** The last characters of a secret that is long enough to spare them. */
  hint: string | null;
  /** Only where the field is no secret. */
  value?: string;
};

/** New values by field. A field that is absent stays as it is; null or an empty text clears it. */
export type CredentialInput = Readonly<Record<string, string | null>>;

/** What is stored after `input` came over `current`: set fields only. */
export function mergeCredential(
  current: Readonly<Record<string, string>>,
  input: CredentialInput,
): Record<string, string> {
  const merged = new Map(Object.entries(current));
  for (const [name, value] of Object.entries(input)) {
    if (value === null || value === "") merged.delete(name);
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

/** Every field that is not said to be plain is a secret, so one that was forgotten is never shown. */
export function describeFields(
  credential: Readonly<Record<string, string>>,
  plainFields: readonly string[],
  fieldNames: readonly string[],
): Record<string, ConnectionField> {
  const names = new Set([...fieldNames, ...Object.keys(credential)]);
  return Object.fromEntries([...names].map((name) => [name, describeField(name)]));

  function describeField(name: string): ConnectionField {
    const value = Object.hasOwn(credential, name) ? credential[name] : undefined;
    const isSecret = !plainFields.includes(name);
    if (value === undefined) return { isSet: false, isSecret, hint: null };
    if (isSecret) return { isSet: true, isSecret, hint: hint(value) ?? null };
    return { isSet: true, isSecret, hint: null, value };
  }
}
