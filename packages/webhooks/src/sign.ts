import { createHash, createPrivateKey, sign as makeSignature } from "node:crypto";
import {
  type DedupeSource,
  type HmacScheme,
  type PublicKeyScheme,
  presets,
  type SharedSecretScheme,
  type SignedScheme,
} from "@millrace/automation";
import { hmacDigest, hmacKey } from "./hmac-digest.ts";
import { presentTimestamp } from "./read-timestamp.ts";
import { type Chunk, signedContent } from "./signed-content.ts";
import type { SchemeChoice } from "./verify.ts";
import { joined, signatureOptions } from "./verify-public-key.ts";
import { headerOf } from "./verify-shared-secret.ts";
import { mediaTypeOf, type WebhookRequest } from "./webhook-request.ts";

export type SignInput = SchemeChoice & {
  /** For public-key schemes the private key, in PEM. */
  secret: string;
  request: Omit<WebhookRequest, "sourceIp">;
  now: Date;
  /** The delivery's id, for schemes and presets that have one. */
  id: string;
};

/** Headers to add, and the URL to send to: a provider may sign the body through a parameter of it. */
export type Signed =
  | { ok: true; headers: [name: string, value: string][]; url: string }
  | { ok: false; message: string };

/** Signs a request as its provider would: for the editor's test bench, for outgoing webhooks, and for tests. Never throws. */
export function sign(input: SignInput): Signed {
  try {
    return signRequest(input);
  } catch {
    return { ok: false, message: "The request could not be signed; check the secret." };
  }
}

function signRequest(input: SignInput): Signed {
  const { secret, request, id } = input;
  const preset = "preset" in input && input.preset !== "none" ? presets[input.preset] : undefined;
  const scheme = "scheme" in input ? input.scheme : (preset?.scheme ?? { scheme: "none" as const });
  switch (scheme.scheme) {
    case "hmac":
    case "publicKey":
      return withIds(signContent(scheme, input), preset?.dedupe ?? [], id);
    case "header":
    case "basic":
    case "bearer":
      return secret.trim() === ""
        ? { ok: false, message: "The secret is empty." }
        : { ok: true, headers: [[headerOf(scheme), credential(scheme, secret)]], url: request.url };
    case "jwt":
      return { ok: false, message: "Only the issuer of these tokens can sign for this scheme." };
    case "addresses":
    case "none":
      return { ok: true, headers: [], url: request.url };
  }
}

function credential(scheme: SharedSecretScheme, secret: string): string {
  if (scheme.scheme === "header") return `${scheme.prefix ?? ""}${secret}`;
  return scheme.scheme === "basic" ? `Basic ${Buffer.from(secret).toString("base64")}` : `Bearer ${secret}`;
}

function signContent(scheme: SignedScheme, { request: unsigned, secret, now, id }: SignInput): Signed {
  const request = { ...unsigned, url: urlWithBodyHash(scheme, unsigned), sourceIp: null };
  const timestamp = scheme.timestamp ? presentTimestamp(now, scheme.timestamp.format) : "";
  const alternatives = signedContent(scheme, { request, timestamp, id });
  if (!alternatives.ok) return { ok: false, message: alternatives.message };
  const chunks = alternatives.value[0] ?? [];
  const signature = scheme.scheme === "hmac" ? signHmac(scheme, secret, chunks) : signWithKey(scheme, secret, chunks);
  if (typeof signature !== "string") return signature;
  const headers: [string, string][] = [[scheme.header, layOut(scheme, signature, timestamp)]];
  if (scheme.timestamp?.header !== undefined) headers.push([scheme.timestamp.header, timestamp]);
  if (scheme.idHeader !== undefined) headers.push([scheme.idHeader, id]);
  return { ok: true, headers, url: request.url };
}

function signHmac(scheme: HmacScheme, secret: string, chunks: readonly Chunk[]): string | (Signed & { ok: false }) {
  const key = hmacKey(scheme, secret);
  return key.ok ? hmacDigest(scheme, key.value, chunks).toString(scheme.encoding) : { ok: false, message: key.message };
}

function signWithKey(scheme: PublicKeyScheme, secret: string, chunks: readonly Chunk[]): string {
  const { digest, key } = signatureOptions(scheme, createPrivateKey(secret));
  return makeSignature(digest, joined(chunks), key).toString(scheme.encoding);
}

function layOut(scheme: SignedScheme, signature: string, timestamp: string): string {
  const text = `${scheme.prefix ?? ""}${signature}`;
  if (scheme.layout === "tokens") return `${scheme.key},${text}`;
  if (scheme.layout !== "pairs") return text;
  const time = scheme.timestamp?.pair === undefined ? "" : `${scheme.timestamp.pair}=${timestamp},`;
  return `${time}${scheme.key}=${text}`;
}

function urlWithBodyHash(scheme: SignedScheme, request: Omit<WebhookRequest, "sourceIp">): string {
  const isForm = mediaTypeOf({ ...request, sourceIp: null }) === "application/x-www-form-urlencoded";
  if (scheme.bodyHashParameter === undefined || isForm || request.body.length === 0) return request.url;
  const hash = createHash("sha256").update(request.body).digest("hex");
  return `${request.url}${request.url.includes("?") ? "&" : "?"}${scheme.bodyHashParameter}=${hash}`;
}

/** The id headers that the provider sends besides the signed ones. */
function withIds(signed: Signed, dedupe: readonly DedupeSource[], id: string): Signed {
  if (!signed.ok) return signed;
  const known = new Set(signed.headers.map(([name]) => name));
  const names = dedupe.flatMap((source) => ("headers" in source ? source.headers.slice(0, 1) : []));
  const added = names.filter((name) => !known.has(name)).map((name): [string, string] => [name, id]);
  return { ...signed, headers: [...signed.headers, ...added] };
}
