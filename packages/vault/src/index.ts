export { hint } from "./hint.ts";
export { type KeyCheck, type KeyPurpose, type KeyRing, keyPurposes } from "./key-ring.ts";
export { type CredentialPair, createRedactor, minimumSecretLength, type Redactor, redactedMark } from "./redactor.ts";
export type { SealedField, SealedRecord } from "./sealed-record.ts";
export { isSecretName, pinoRedactPaths, redactHeaders } from "./secret-names.ts";
export { createVault, type SecretOwner, type Vault } from "./vault.ts";
export { VaultError, type VaultErrorReason } from "./vault-error.ts";
export { VaultKeyMismatch } from "./vault-key-mismatch.ts";
export { generateVaultKey, parseVaultKeys } from "./vault-keys.ts";
