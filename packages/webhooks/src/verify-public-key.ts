import { constants, type KeyObject, verify as verifySignature } from "node:crypto";
import type { PublicKeyScheme } from "@millrace/automation";
import { readPublicKey } from "./public-key.ts";
import { readSignatures } from "./read-signatures.ts";
import { type Outcome, reject, succeed } from "./rejection.ts";
import { type Chunk, signedContent } from "./signed-content.ts";
import { noUsableKey } from "./usable-key.ts";
import type { SecretCheck } from "./verify-hmac.ts";
import type { WebhookRequest } from "./webhook-request.ts";

/** The index of the public key whose private half made the signature. */
export function verifyPublicKey(scheme: PublicKeyScheme, request: WebhookRequest, check: SecretCheck): Outcome<number> {
  const keys = check.secrets.map((text) => readPublicKey(scheme.algorithm, text));
  const unusable = noUsableKey(keys);
  if (unusable) return unusable;
  const claim = readSignatures(scheme, request, {
    ...check,
    isPossibleLength: (bytes) => isPossibleLength(scheme, bytes),
  });
  if (!claim.ok) return claim;
  const alternatives = signedContent(scheme, { request, ...claim.value });
  if (!alternatives.ok) return alternatives;
  for (const chunks of alternatives.value) {
    const content = joined(chunks);
    for (const [index, key] of keys.entries()) {
      if (!key.ok) continue;
      const verdicts = claim.value.signatures.map((signature) => isSignedBy(scheme, key.value, content, signature));
      if (verdicts.includes(true)) return succeed(index);
    }
  }
  return reject(
    "signature_mismatch",
    `The signature in ${scheme.header} does not belong to this public key, or the request was changed on its way.`,
  );
}

/** The digest and the padding that go with a key: Ed25519 hashes by itself. */
export function signatureOptions(scheme: PublicKeyScheme, key: KeyObject) {
  switch (scheme.algorithm) {
    case "ed25519":
      return { digest: null, key: { key } };
    case "ecdsaP256Sha256": {
      const dsaEncoding = scheme.signatureFormat === "ieeeP1363" ? ("ieee-p1363" as const) : ("der" as const);
      return { digest: "sha256", key: { key, dsaEncoding } };
    }
    case "rsaSha256":
      return { digest: "sha256", key: { key, padding: constants.RSA_PKCS1_PADDING } };
    case "rsaPssSha256": {
      const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
      return { digest: "sha256", key: { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength } };
    }
  }
}

export const joined = (chunks: readonly Chunk[]): Buffer => Buffer.concat(chunks.map((chunk) => Buffer.from(chunk)));

function isSignedBy(scheme: PublicKeyScheme, key: KeyObject, content: Buffer, signature: Buffer): boolean {
  const options = signatureOptions(scheme, key);
  try {
    return verifySignature(options.digest, content, options.key, signature);
  } catch {
    return false; // bytes that OpenSSL cannot read as a signature
  }
}

function isPossibleLength(scheme: PublicKeyScheme, bytes: number): boolean {
  if (scheme.algorithm === "ed25519") return bytes === 64;
  if (scheme.algorithm !== "ecdsaP256Sha256") return bytes >= 256 && bytes <= 1_024;
  return scheme.signatureFormat === "ieeeP1363" ? bytes === 64 : bytes >= 8 && bytes <= 72;
}
