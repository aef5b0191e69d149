import { type Encrypted, ivBytes, tagBytes } from "./authenticated-encryption.ts";
import { decodeBase64 } from "./base64.ts";
import { VaultError } from "./vault-error.ts";

export type SealedField = { iv: string; ct: string; tag: string };

/** A connection's secrets as they are stored: plain JSON, all bytes in base64, nothing in clear but the fields' names. */
export type SealedRecord = {
  v: 1;
  /** The key that wraps the data key. */
  kekId: string;
  wrapIv: string;
  wrapped: string;
  wrapTag: string;
  fields: Record<string, SealedField>;
  /** The connection's version that these secrets belong to. */
  version: number;
};

export type DecodedRecord = {
  kekId: string;
  wrap: Encrypted;
  fields: [name: string, field: Encrypted][];
  version: number;
};

/** Decodes what the database returned, trusting nothing about its shape. `place` opens every message. */
export function decodeRecord(record: unknown, place: string): DecodedRecord {
  if (!isObject(record)) throw new VaultError("malformed", `${place}: the sealed record is not an object.`);
  const { v, kekId, wrapIv, wrapped, wrapTag, fields, version } = record;
  if (v !== 1) {
    throw new VaultError(
      "unknown_format",
      `${place}: the sealed record has a format that this release can't read; it reads format 1.`,
    );
  }
  if (typeof kekId !== "string" || typeof version !== "number" || !isObject(fields)) {
    throw new VaultError("malformed", `${place}: the sealed record has missing or mistyped parts.`);
  }
  return {
    kekId,
    version,
    wrap: decodeEncrypted(wrapIv, wrapped, wrapTag, `${place}: the data key`),
    fields: Object.entries(fields).map(([name, field]) => {
      const label = `${place}: field "${name}"`;
      if (!isObject(field)) throw new VaultError("malformed", `${label} is not an object.`);
      return [name, decodeEncrypted(field.iv, field.ct, field.tag, label)];
    }),
  };
}

export function encodeField({ iv, ciphertext, tag }: Encrypted): SealedField {
  return { iv: iv.toString("base64"), ct: ciphertext.toString("base64"), tag: tag.toString("base64") };
}

export function encodeWrap({ iv, ciphertext, tag }: Encrypted): Pick<SealedRecord, "wrapIv" | "wrapped" | "wrapTag"> {
  return { wrapIv: iv.toString("base64"), wrapped: ciphertext.toString("base64"), wrapTag: tag.toString("base64") };
}

function decodeEncrypted(ivText: unknown, ciphertextText: unknown, tagText: unknown, label: string): Encrypted {
  const iv = decodeBase64(ivText);
  const ciphertext = decodeBase64(ciphertextText);
  const tag = decodeBase64(tagText);
  if (!iv || !ciphertext || !tag)
    throw new VaultError("malformed", `${label} has parts that are missing or not base64.`);
  if (iv.length !== ivBytes || tag.length !== tagBytes) {
    throw new VaultError("malformed", `${label} needs an IV of ${ivBytes} bytes and a tag of ${tagBytes} bytes.`);
  }
  return { iv, ciphertext, tag };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
