import { createHash, timingSafeEqual } from "node:crypto";

/** Compares digests: they have one length whatever was sent, so that the time it takes tells nothing about the secret. */
export const isSameSecret = (stored: string, presented: string | Uint8Array): boolean =>
  timingSafeEqual(digest(stored), digest(presented));

const digest = (secret: string | Uint8Array): Buffer => createHash("sha256").update(secret).digest();
