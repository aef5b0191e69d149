import { createHmac, timingSafeEqual } from "node:crypto";
import { decodeStrictly } from "./encoded-bytes.ts";
import { readSignatures } from "./read-signatures.ts";
import { type Outcome, type Rejection, reject, succeed } from "./rejection.ts";
import { type Chunk, signedContent } from "./signed-content.ts";
import type { HmacScheme } from "./verification-scheme.ts";
import type { WebhookRequest } from "./webhook-request.ts";

const digestBytes = { sha1: 20, sha256: 32, sha512: 64 } as const;

export type SecretCheck = {
  secrets: readonly string[];
  toleranceSeconds: number | undefined;
  now: Date;
};

/** The index of the secret that the signature was made with. */
export function verifyHmac(scheme: HmacScheme, request: WebhookRequest, check: SecretCheck): Outcome<number> {
  const keys = check.secrets.map((secret) => hmacKey(scheme, secret));
  const unusable = noUsableKey(keys);
  if (unusable) return unusable;
  const claim = readSignatures(scheme, request, {
    ...check,
    isPossibleLength: (bytes) => bytes === digestBytes[scheme.algorithm],
  });
  if (!claim.ok) return claim;
  const alternatives = signedContent(scheme, { request, ...claim.value });
  if (!alternatives.ok) return alternatives;
  for (const [index, key] of keys.entries()) {
    if (!key.ok) continue;
    for (const chunks of alternatives.value) {
      const digest = hmacDigest(scheme, key.value, chunks);
      if (claim.value.signatures.some((signature) => timingSafeEqual(signature, digest))) return succeed(index);
    }
  }
  return reject("signature_mismatch", mismatchMessage(scheme, check.secrets));
}

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

/** Why none of the keys can be used. One that can is enough: the others may be on their way in or out. */
export function noUsableKey(keys: readonly Outcome<unknown>[]): Rejection | undefined {
  const [first] = keys;
  if (first === undefined)
    return reject("secret_missing", "No secret is set, so nothing can be verified; add it to the keyvault.");
  return keys.some((key) => key.ok) ? undefined : keys.find((key): key is Rejection => !key.ok);
}

function mismatchMessage(scheme: HmacScheme, secrets: readonly string[]): string {
  const padded = secrets.some((secret) => secret !== secret.trim())
    ? " The stored secret begins or ends with a space or a line break."
    : "";
  const url = scheme.content.includes("{url}")
    ? " The URL is signed too: it must be known here as it is at the sender (PUBLIC_URL)."
    : "";
  return `The signature in ${scheme.header} was made with another secret, or the request was changed on its way.${padded}${url}`;
}
