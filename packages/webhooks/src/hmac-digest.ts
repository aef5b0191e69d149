import { createHmac } from "node:crypto";
import type { HmacScheme } from "@millrace/automation";
import { decodeStrictly } from "./encoded-bytes.ts";
import { type Outcome, reject, succeed } from "./rejection.ts";
import type { Chunk } from "./signed-content.ts";

export const digestBytes = { sha1: 20, sha256: 32, sha512: 64 } as const satisfies Record<
  HmacScheme["algorithm"],
  number
>;

export function hmacDigest(scheme: HmacScheme, key: Uint8Array, chunks: readonly Chunk[]): Buffer {
  const hmac = createHmac(scheme.algorithm, key);
  for (const chunk of chunks) hmac.update(chunk);
  return hmac.digest();
}

/** The key's bytes. An empty secret is never a key: an HMAC with it can be made by anybody. */
export function hmacKey(scheme: HmacScheme, secret: string): Outcome<Buffer> {
  if (secret.trim() === "") return reject("secret_missing", "The secret is empty; paste it again.");
  const { secretPrefix: prefix = "", secretEncoding: encoding = "text" } = scheme;
  const text = secret.startsWith(prefix) ? secret.slice(prefix.length) : secret;
  const key = encoding === "text" ? Buffer.from(text) : decodeStrictly(text, encoding);
  if (key !== undefined && key.length > 0) return succeed(key);
  const start = prefix === "" ? "" : `${prefix} and then `;
  return reject("secret_unusable", `The secret cannot be read; expected ${start}text in ${encoding}.`);
}
