import { createPublicKey, type KeyObject } from "node:crypto";
import type { PublicKeyScheme } from "@millrace/automation";
import { decodeStrictly } from "./encoded-bytes.ts";
import { type Outcome, reject, succeed } from "./rejection.ts";

type Algorithm = PublicKeyScheme["algorithm"];

/** What an Ed25519 key's 32 bytes lack to be a SubjectPublicKeyInfo (RFC 8410). */
const ed25519Head = Buffer.from("302a300506032b6570032100", "hex");

const expected: Record<Algorithm, string> = {
  ed25519: "an Ed25519 public key: 64 hex digits, base64 or PEM",
  ecdsaP256Sha256: "an ECDSA P-256 public key in base64 or PEM",
  rsaSha256: "an RSA public key of 2048 bits or more in base64 or PEM",
  rsaPssSha256: "an RSA public key of 2048 bits or more in base64 or PEM",
};

/** Reads a public key in the spellings that providers print, and only if it is of the scheme's kind. */
export function readPublicKey(algorithm: Algorithm, text: string): Outcome<KeyObject> {
  const trimmed = text.trim();
  if (trimmed === "") return reject("secret_missing", `The public key is empty; expected ${expected[algorithm]}.`);
  // Node derives a public key from a private one, but a private key has no business here.
  if (/PRIVATE KEY/.test(trimmed))
    return reject(
      "secret_unusable",
      `This is a private key; expected ${expected[algorithm]}. Replace it at the sender.`,
    );
  try {
    const key = parse(algorithm, trimmed);
    if (key && isOfKind(algorithm, key)) return succeed(key);
  } catch {
    // The library's message may repeat the text.
  }
  return reject("secret_unusable", `The public key cannot be used; expected ${expected[algorithm]}.`);
}

function parse(algorithm: Algorithm, text: string): KeyObject | undefined {
  if (text.startsWith("-----BEGIN PUBLIC KEY-----")) return createPublicKey({ key: text, format: "pem" });
  // Standard Webhooks marks public keys with whpk_.
  const bare = text.replace(/^whpk_/, "");
  const hex = algorithm === "ed25519" && /^[0-9a-f]{64}$/i.test(bare) ? Buffer.from(bare, "hex") : undefined;
  const bytes = hex ?? decodeStrictly(bare.replace(/\s+/g, ""), "base64");
  if (bytes === undefined) return undefined;
  const isRaw = algorithm === "ed25519" && bytes.length === 32;
  return createPublicKey({ key: isRaw ? Buffer.concat([ed25519Head, bytes]) : bytes, format: "der", type: "spki" });
}

function isOfKind(algorithm: Algorithm, key: KeyObject): boolean {
  switch (algorithm) {
    case "ed25519":
      return key.asymmetricKeyType === "ed25519";
    case "ecdsaP256Sha256":
      return key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1";
    case "rsaSha256":
    case "rsaPssSha256":
      return key.asymmetricKeyType === "rsa" && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2_048;
  }
}
