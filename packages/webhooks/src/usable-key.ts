import { type Outcome, type Rejection, reject } from "./rejection.ts";

/** Why none of the keys can be used. One that can is enough: the others may be on their way in or out. */
export function noUsableKey(keys: readonly Outcome<unknown>[]): Rejection | undefined {
  if (keys.length === 0)
    return reject("secret_missing", "No secret is set, so nothing can be verified; add it to the keyvault.");
  return keys.some((key) => key.ok) ? undefined : keys.find((key): key is Rejection => !key.ok);
}
