import { defaultClockToleranceSeconds, type JwtScheme } from "@millrace/automation";
import { errors, type JWTPayload, jwtVerify } from "jose";
import type { JwksCache, KeySet } from "./jwks-cache.ts";
import { type Outcome, type Rejection, reject, succeed } from "./rejection.ts";
import { readHeader, type WebhookRequest } from "./webhook-request.ts";

export type TokenCheck = { now: Date; toleranceSeconds: number | undefined; jwks: JwksCache | undefined };

/**
 * Checks a token against the provider's published keys (RFC 7519, RFC 8725): the algorithm is one that the scheme lists,
 * `exp` must be there, `iss` and `aud` must be the expected ones. A token proves who sent, not what: the body is not covered.
 */
export async function verifyJwt(
  scheme: JwtScheme,
  request: WebhookRequest,
  check: TokenCheck,
): Promise<Outcome<undefined>> {
  const token = readToken(scheme, request);
  if (!token.ok) return token;
  const cached = await check.jwks?.find(scheme.jwksUrl);
  if (!cached) return unavailable(scheme);
  const first = await checkToken(scheme, token.value, cached, check);
  if (first !== "unknown_key") return first ?? succeed(undefined);
  // The provider may have begun to sign with a key that it published after we last looked.
  const newer = await check.jwks?.find(scheme.jwksUrl, "newer");
  const second = await checkToken(scheme, token.value, newer ?? cached, check);
  if (second === "unknown_key")
    return reject("token_rejected", `The token names a key that ${scheme.jwksUrl} does not publish.`);
  return second ?? succeed(undefined);
}

const unavailable = (scheme: JwtScheme): Rejection =>
  reject("keys_unavailable", `The key set at ${scheme.jwksUrl} cannot be fetched or read; the sender may try again.`);

function readToken(scheme: JwtScheme, request: WebhookRequest): Outcome<string> {
  const name = scheme.header ?? "Authorization";
  const expected = scheme.header === undefined ? "Bearer, followed by a signed token (JWT)" : "a signed token (JWT)";
  const header = readHeader(request, name, expected);
  if (!header.ok) return header;
  const token = /^(?:bearer +)?([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header.value)?.[1];
  return token === undefined
    ? reject("token_malformed", `The header ${name} cannot be read; expected ${expected}.`)
    : succeed(token);
}

async function checkToken(
  scheme: JwtScheme,
  token: string,
  keys: KeySet,
  { now, toleranceSeconds }: TokenCheck,
): Promise<Rejection | "unknown_key" | undefined> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: [...scheme.algorithms],
      issuer: scheme.issuer,
      audience: scheme.audience,
      currentDate: now,
      clockTolerance: toleranceSeconds ?? scheme.toleranceSeconds ?? defaultClockToleranceSeconds,
      requiredClaims: ["exp"],
    });
    return claimFault(scheme, payload);
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return "unknown_key";
    return explain(scheme, error);
  }
}

function claimFault(scheme: JwtScheme, payload: JWTPayload): Rejection | undefined {
  const wrong = Object.entries(scheme.claims ?? {}).find(
    ([name, value]) => !Object.hasOwn(payload, name) || payload[name] !== value,
  );
  return wrong && reject("token_rejected", `The token's claim ${wrong[0]} is not the expected ${String(wrong[1])}.`);
}

const expectedClaims: Record<string, (scheme: JwtScheme) => string> = {
  iss: (scheme) => `issuer (iss) is not the expected ${scheme.issuer}`,
  aud: (scheme) => `audience (aud) is not the expected ${scheme.audience}`,
  nbf: () => "start (nbf) is in the future; compare this machine's clock",
  exp: () => "expiry (exp) is missing or not a number",
};

function explain(scheme: JwtScheme, error: unknown): Rejection {
  if (error instanceof errors.JWTExpired) return reject("token_expired", "The token has expired.");
  if (error instanceof errors.JWTClaimValidationFailed) {
    const claim = Object.hasOwn(expectedClaims, error.claim) ? expectedClaims[error.claim] : undefined;
    return reject("token_rejected", `The token's ${claim?.(scheme) ?? "claims are not the expected ones"}.`);
  }
  if (error instanceof errors.JOSEAlgNotAllowed)
    return reject("token_rejected", `The token's algorithm is none of ${scheme.algorithms.join(", ")}.`);
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return reject("signature_mismatch", `The token was not signed by a key of ${scheme.jwksUrl}.`);
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return reject("token_rejected", `The token names no key (kid), and ${scheme.jwksUrl} publishes several.`);
  return reject("token_malformed", "The token cannot be read; expected a signed token (JWT) with JSON claims.");
}
