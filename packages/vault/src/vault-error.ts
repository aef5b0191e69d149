export type VaultErrorReason =
  | "invalid_input" // what should be sealed can't be
  | "unknown_format" // a record of a version that this code does not read
  | "unknown_key" // sealed with a key that VAULT_KEYS does not hold
  | "malformed" // a record with missing, mistyped or mis-sized parts
  | "not_authentic"; // altered, moved from another owner, or sealed with other key bytes

/** A record that can't be sealed or opened. The message names the place and never holds a secret. */
export class VaultError extends Error {
  readonly reason: VaultErrorReason;

  constructor(reason: VaultErrorReason, message: string) {
    super(message);
    this.name = "VaultError";
    this.reason = reason;
  }
}
