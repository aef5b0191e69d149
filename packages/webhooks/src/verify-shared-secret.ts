import type { SharedSecretScheme } from "@millrace/automation";
import { decodeStrictly } from "./encoded-bytes.ts";
import { type Outcome, reject, succeed } from "./rejection.ts";
import { isSameSecret } from "./same-secret.ts";
import { noUsableKey } from "./usable-key.ts";
import { readHeader, type WebhookRequest } from "./webhook-request.ts";

/** The index of the secret that the request presents. Basic's secret is `user:password`. */
export function verifySharedSecret(
  scheme: SharedSecretScheme,
  request: WebhookRequest,
  secrets: readonly string[],
): Outcome<number> {
  const keys = secrets.map((secret) => usable(scheme, secret));
  const unusable = noUsableKey(keys);
  if (unusable) return unusable;
  const presented = readPresented(scheme, request);
  if (!presented.ok) return presented;
  const index = keys.findIndex((key) => key.ok && isSameSecret(key.value, presented.value));
  if (index !== -1) return succeed(index);
  return reject("credential_mismatch", `The secret in ${headerOf(scheme)} is not the one that is stored here.`);
}

export const headerOf = (scheme: SharedSecretScheme): string =>
  scheme.scheme === "header" ? scheme.header : "Authorization";

function usable(scheme: SharedSecretScheme, secret: string): Outcome<string> {
  if (secret.trim() === "") return reject("secret_missing", "The secret is empty; paste it again.");
  if (scheme.scheme === "basic" && !secret.includes(":"))
    return reject("secret_unusable", "The secret cannot be used for Basic authentication; expected user:password.");
  return succeed(secret);
}

const expected = {
  header: "the shared secret",
  basic: "Basic, followed by user:password in base64",
  bearer: "Bearer, followed by the shared secret",
};

function readPresented(scheme: SharedSecretScheme, request: WebhookRequest): Outcome<Buffer> {
  const name = headerOf(scheme);
  const prefix = scheme.scheme === "header" ? (scheme.prefix ?? "") : "";
  const wanted = prefix === "" ? expected[scheme.scheme] : `${prefix} followed by the shared secret`;
  const header = readHeader(request, name, wanted);
  if (!header.ok) return header;
  const malformed = reject("signature_malformed", `The header ${name} cannot be read; expected ${wanted}.`);
  if (scheme.scheme === "header")
    return header.value.startsWith(prefix) ? succeed(bytesOf(header.value.slice(prefix.length))) : malformed;
  const [, kind = "", value = ""] = /^(\S+) +(\S+)$/.exec(header.value) ?? [];
  if (kind.toLowerCase() !== scheme.scheme) return malformed;
  const bytes = scheme.scheme === "bearer" ? bytesOf(value) : decodeStrictly(value, "base64");
  return bytes === undefined ? malformed : succeed(bytes);
}

/** Node reads headers as Latin-1: one character a byte. */
const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1");
