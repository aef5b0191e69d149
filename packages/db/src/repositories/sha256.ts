import { createHash } from "node:crypto";

/** Enough for tokens of 128 random bits and more: they can't be guessed from their hash, and look-ups need no salt. */
export function sha256(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash("sha256").update(text, "utf8").digest());
}
