import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from "node:crypto";

const algorithm = "aes-256-gcm";
export const ivBytes = 12;
export const tagBytes = 16;

export type Encrypted = { iv: Buffer; ciphertext: Buffer; tag: Buffer };

/** AES-256-GCM with a fresh random IV; `context` must be given again to decrypt. */
export function encrypt(key: Buffer | KeyObject, plaintext: Buffer, context: Buffer): Encrypted {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagBytes });
  cipher.setAAD(context);
  // GCM is a stream mode: `update` returns everything and `final` nothing.
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return { iv, ciphertext, tag: cipher.getAuthTag() };
}

/** The plaintext, or undefined when key, context or any byte differs from what was encrypted. */
export function decrypt(key: Buffer | KeyObject, encrypted: Encrypted, context: Buffer): Buffer | undefined {
  // Without both checks Node 20 takes a tag of 4 bytes, which can be guessed.
  if (encrypted.tag.length !== tagBytes || encrypted.iv.length !== ivBytes) return undefined;
  const decipher = createDecipheriv(algorithm, key, encrypted.iv, { authTagLength: tagBytes });
  decipher.setAAD(context);
  decipher.setAuthTag(encrypted.tag);
  const plaintext = decipher.update(encrypted.ciphertext);
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    return undefined;
  }
  return plaintext;
}
