import { randomBytes } from "node:crypto";
import { decrypt, encrypt } from "./authenticated-encryption.ts";
import type { KeyPurpose, KeyRing } from "./key-ring.ts";
import { lengthPrefixed } from "./length-prefixed.ts";
import { type DecodedRecord, decodeRecord, encodeField, encodeWrap, type SealedRecord } from "./sealed-record.ts";
import { VaultError } from "./vault-error.ts";

/** Whose secrets these are. Take it from the row that asks, never from the record. */
export type SecretOwner = { workspaceId: string; connectionId: string; version: number };

export interface Vault {
  /** Seals every field under a fresh data key. Throws VaultError on text that UTF-8 can't hold (half a surrogate pair). */
  seal(owner: SecretOwner, fields: Readonly<Record<string, string>>): SealedRecord;
  /** Opens all fields or throws VaultError. The result has no prototype, so only sealed names can be read from it. */
  unseal(owner: SecretOwner, record: SealedRecord): Record<string, string>;
  /** Wraps the same data key with the primary key; the fields stay as they are. Safe to repeat. */
  rewrap(owner: SecretOwner, record: SealedRecord): SealedRecord;
}

const dataKeyBytes = 32;

/**
 * Envelope encryption with AES-256-GCM: each record has a random data key, which a key of the ring wraps.
 * Owner, field name and version are authenticated at both layers, so a record copied to another row does not open.
 */
export function createVault(
  ring: KeyRing,
  purpose: Extract<KeyPurpose, "wrap/v1" | "ingress-secrets/v1"> = "wrap/v1",
): Vault {
  const wrap = (owner: SecretOwner, dataKey: Buffer) => {
    const kekId = ring.primaryId;
    return { kekId, ...encodeWrap(encrypt(ring.keyFor(kekId, purpose), dataKey, wrapContext(owner, kekId))) };
  };

  /** Calls `use` with the record's data key and wipes the key afterwards. */
  const withDataKey = <Result>(owner: SecretOwner, record: DecodedRecord, use: (dataKey: Buffer) => Result): Result => {
    const dataKey = decrypt(ring.keyFor(record.kekId, purpose), record.wrap, wrapContext(owner, record.kekId));
    try {
      if (dataKey?.length !== dataKeyBytes) throw notAuthentic(placeOf(owner));
      return use(dataKey);
    } finally {
      dataKey?.fill(0);
    }
  };

  return {
    seal(owner, fields) {
      checkOwner(owner);
      const dataKey = randomBytes(dataKeyBytes);
      try {
        const sealed = Object.entries(fields).map(([name, value]) => [name, sealField(owner, dataKey, name, value)]);
        // `fromEntries` defines and never assigns: a field named `__proto__` is a field.
        return { v: 1, ...wrap(owner, dataKey), fields: Object.fromEntries(sealed), version: owner.version };
      } finally {
        dataKey.fill(0);
      }
    },

    unseal(owner, record) {
      const decoded = decodeFor(owner, record);
      return withDataKey(owner, decoded, (dataKey) => {
        const opened: Record<string, string> = Object.create(null);
        for (const [name, field] of decoded.fields) {
          const plaintext = decrypt(dataKey, field, fieldContext(owner, name));
          if (!plaintext) throw notAuthentic(`${placeOf(owner)}: field "${name}"`);
          opened[name] = plaintext.toString("utf8");
          plaintext.fill(0);
        }
        return opened;
      });
    },

    rewrap(owner, record) {
      const decoded = decodeFor(owner, record);
      return withDataKey(owner, decoded, (dataKey) => ({ ...record, ...wrap(owner, dataKey) }));
    },
  };
}

function sealField(owner: SecretOwner, dataKey: Buffer, name: string, value: string) {
  const plaintext = Buffer.from(value, "utf8");
  try {
    if (!isWellFormed(name)) throw invalid(`${placeOf(owner)}: a field's name holds half a surrogate pair.`);
    if (plaintext.toString("utf8") !== value) {
      throw invalid(`${placeOf(owner)}: field "${name}" holds half a surrogate pair. Copy the value again.`);
    }
    return encodeField(encrypt(dataKey, plaintext, fieldContext(owner, name)));
  } finally {
    plaintext.fill(0);
  }
}

function decodeFor(owner: SecretOwner, record: SealedRecord): DecodedRecord {
  checkOwner(owner);
  const decoded = decodeRecord(record, placeOf(owner));
  // The AAD would refuse it too; this message is the clearer one.
  if (decoded.version !== owner.version) {
    throw new VaultError(
      "not_authentic",
      `${placeOf(owner)}: the sealed record belongs to version ${decoded.version}.`,
    );
  }
  return decoded;
}

function checkOwner(owner: SecretOwner): void {
  const { workspaceId, connectionId, version } = owner;
  for (const [name, id] of Object.entries({ workspaceId, connectionId })) {
    // Ill-formed ids would share one UTF-8 form, and with it one another's secrets.
    if (typeof id !== "string" || id === "" || !isWellFormed(id)) throw invalid(`A secret's owner needs a ${name}.`);
  }
  if (!Number.isSafeInteger(version) || version < 0) {
    throw invalid(`A secret's owner needs a version, a whole number of 0 or more.`);
  }
}

function isWellFormed(text: string): boolean {
  return Buffer.from(text, "utf8").toString("utf8") === text;
}

function fieldContext({ workspaceId, connectionId, version }: SecretOwner, name: string): Buffer {
  return lengthPrefixed("data", "1", workspaceId, connectionId, name, String(version));
}

function wrapContext({ workspaceId, connectionId, version }: SecretOwner, kekId: string): Buffer {
  return lengthPrefixed("wrap", "1", workspaceId, connectionId, String(version), kekId);
}

function placeOf({ connectionId, version }: SecretOwner): string {
  return `Connection ${connectionId}, version ${version}`;
}

function invalid(message: string): VaultError {
  return new VaultError("invalid_input", message);
}

function notAuthentic(place: string): VaultError {
  return new VaultError(
    "not_authentic",
    `${place} does not open: it was altered, copied from another row, or sealed with another key under the same id.`,
  );
}
