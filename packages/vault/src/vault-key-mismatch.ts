/** VAULT_KEYS does not fit what is stored: start nothing, because secrets would neither open nor be sealed with the right key. */
export class VaultKeyMismatch extends Error {
  readonly kekIds: readonly string[];

  constructor(message: string, kekIds: readonly string[]) {
    super(message);
    this.name = "VaultKeyMismatch";
    this.kekIds = kekIds;
  }
}
