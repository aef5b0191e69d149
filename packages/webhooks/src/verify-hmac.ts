import { timingSafeEqual } from "node:crypto";
import type { HmacScheme } from "@millrace/automation";
import { digestBytes, hmacDigest, hmacKey } from "./hmac-digest.ts";
import { readSignatures } from "./read-signatures.ts";
import { type Outcome, reject, succeed } from "./rejection.ts";
import { signedContent } from "./signed-content.ts";
import { noUsableKey } from "./usable-key.ts";
import type { WebhookRequest } from "./webhook-request.ts";

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

function mismatchMessage(scheme: HmacScheme, secrets: readonly string[]): string {
  const padded = secrets.some((secret) => secret !== secret.trim())
    ? " The stored secret begins or ends with a space or a line break."
    : "";
  const url = scheme.content.includes("{url}")
    ? " The URL is signed too: it must be known here as it is at the sender (PUBLIC_URL)."
    : "";
  return `The signature in ${scheme.header} was made with another secret, or the request was changed on its way.${padded}${url}`;
}
