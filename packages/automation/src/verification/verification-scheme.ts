import { z } from "zod";

// No imports from Node here: the editor and the definition format read this file too.

export const contentParts = ["timestamp", "id", "method", "url", "body", "sortedForm"] as const;
export type ContentPart = (typeof contentParts)[number];

/** What a scheme's fields may be, in the order a picker shows them. */
export const schemeChoices = {
  hmacAlgorithms: ["sha1", "sha256", "sha512"],
  publicKeyAlgorithms: ["ed25519", "ecdsaP256Sha256", "rsaSha256", "rsaPssSha256"],
  jwtAlgorithms: ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"],
  encodings: ["hex", "base64", "base64url"],
  layouts: ["plain", "pairs", "tokens"],
  timestampFormats: ["seconds", "milliseconds", "iso8601"],
  urlForms: ["exact", "reservedDecoded", "withOrWithoutPort"],
  secretEncodings: ["text", "hex", "base64"],
  signatureFormats: ["der", "ieeeP1363"],
} as const;

/** How far a signed time may be from ours where neither the trigger nor the scheme says it. */
export const defaultToleranceSeconds = 300;
/** The same for the times in a JWT. */
export const defaultClockToleranceSeconds = 60;
export const longestToleranceSeconds = 86_400;

const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, "expected a header's name, such as X-Signature");

export const toleranceSeconds = z
  .int("expected a whole number of seconds")
  .min(1, "expected at least 1 second")
  .max(longestToleranceSeconds, `expected at most ${longestToleranceSeconds} seconds, a day`)
  .meta({
    title: "Tolerance in seconds",
    description: `How far the signed time may be from ours. ${defaultToleranceSeconds} unless said.`,
  });

const timestamp = z
  .strictObject({
    header: headerName.optional().meta({ description: "The header that carries the time." }),
    pair: z.string().min(1).max(20).optional().meta({ description: "The pair of the signature header that does." }),
    format: z.enum(schemeChoices.timestampFormats, "expected seconds, milliseconds or iso8601"),
  })
  .refine(
    ({ header, pair }) => (header === undefined) !== (pair === undefined),
    "expected either header or pair: where the time is",
  );

/** What HMAC and public-key signatures share: where the signature stands and which bytes it covers. */
const signature = {
  header: headerName,
  prefix: z.string().max(40).optional().meta({ description: "Text before the signature, such as sha256=" }),
  layout: z
    .enum(schemeChoices.layouts, "expected plain, pairs or tokens")
    .optional()
    .meta({ description: "plain: one signature; pairs: t=1,v1=abc; tokens: v1,abc v1,def. plain unless said." }),
  key: z.string().min(1).max(20).optional().meta({ description: "Which pairs or tokens count, such as v1." }),
  encoding: z.enum(schemeChoices.encodings, "expected hex, base64 or base64url"),
  content: z
    .string()
    .min(1, "expected the signed text, such as {timestamp}.{body}")
    .max(200)
    .meta({ description: `The signed text; {${contentParts.join("} {")}} stand for parts of the request.` }),
  timestamp: timestamp.optional(),
  idHeader: headerName.optional().meta({ description: "The header that {id} stands for." }),
  toleranceSeconds: toleranceSeconds.optional(),
  urlForm: z
    .enum(schemeChoices.urlForms)
    .optional()
    .meta({ description: "How the sender writes {url}. exact unless said." }),
  bodyHashParameter: z
    .string()
    .min(1)
    .max(50)
    .optional()
    .meta({ description: "The URL's parameter with the body's SHA-256, for bodies that are no form." }),
};

export const hmacShape = {
  scheme: z.literal("hmac"),
  algorithm: z.enum(schemeChoices.hmacAlgorithms, "expected sha1, sha256 or sha512"),
  ...signature,
  secretPrefix: z.string().min(1).max(20).optional().meta({ description: "Not part of the key, such as whsec_" }),
  secretEncoding: z.enum(schemeChoices.secretEncodings).optional().meta({ description: "text unless said." }),
};
export const publicKeyShape = {
  scheme: z.literal("publicKey"),
  algorithm: z.enum(schemeChoices.publicKeyAlgorithms, "expected ed25519, ecdsaP256Sha256, rsaSha256 or rsaPssSha256"),
  ...signature,
  signatureFormat: z
    .enum(schemeChoices.signatureFormats)
    .optional()
    .meta({ description: "Of ECDSA. der unless said." }),
};
export const headerShape = {
  scheme: z.literal("header"),
  header: headerName,
  prefix: z.string().max(40).optional(),
};
export const basicShape = { scheme: z.literal("basic") };
export const bearerShape = { scheme: z.literal("bearer") };
export const jwtShape = {
  scheme: z.literal("jwt"),
  header: headerName.optional().meta({ description: "Authorization, with Bearer, unless said." }),
  jwksUrl: z.url({ protocol: /^https?$/, error: "expected the URL of a key set (JWKS)" }).max(2_000),
  issuer: z.string().min(1, "expected the iss claim").max(500),
  audience: z.string().min(1, "expected the aud claim").max(500),
  algorithms: z
    .array(z.enum(schemeChoices.jwtAlgorithms, "expected a public-key algorithm, such as RS256 or ES256"))
    .min(1, "expected at least one algorithm")
    .max(10),
  claims: z
    .record(z.string().max(100), z.union([z.string().max(500), z.boolean()]))
    .optional()
    .meta({ description: "Further claims and the values they must have." }),
  toleranceSeconds: toleranceSeconds.optional().meta({
    title: "Tolerance in seconds",
    description: `How far the token's times may be from ours. ${defaultClockToleranceSeconds} unless said.`,
  }),
};

type SignatureShape = {
  layout?: "plain" | "pairs" | "tokens" | undefined;
  key?: string | undefined;
  content: string;
  timestamp?: { header?: string | undefined; pair?: string | undefined } | undefined;
  idHeader?: string | undefined;
  bodyHashParameter?: string | undefined;
  toleranceSeconds?: number | undefined;
};

/** A scheme that leaves the body or the time unsigned looks like protection and is none, so it is refused here. */
export function checkSignature(scheme: SignatureShape, context: z.core.$RefinementCtx<unknown>): void {
  const complain = (path: string, message: string) =>
    context.addIssue({ code: "custom", path: [path], message, input: scheme });
  const parts = [...scheme.content.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? "");
  const unknown = parts.find((part) => !contentParts.some((known) => known === part));
  if (unknown !== undefined)
    complain("content", `{${unknown}} is not a part; expected one of {${contentParts.join("} {")}}`);
  if (!parts.includes("body") && !parts.includes("sortedForm"))
    complain("content", "expected {body} or {sortedForm}: anybody could change a body that is not signed");
  if (parts.includes("id") && scheme.idHeader === undefined)
    complain("idHeader", "expected the header that {id} names");
  if (parts.includes("timestamp") !== (scheme.timestamp !== undefined))
    complain(
      "timestamp",
      "expected timestamp and {timestamp} in content together: a time that is not signed proves nothing",
    );
  if (scheme.toleranceSeconds !== undefined && scheme.timestamp === undefined)
    complain("toleranceSeconds", "expected a timestamp to apply this to");
  const hasEntries = scheme.layout === "pairs" || scheme.layout === "tokens";
  if (hasEntries !== (scheme.key !== undefined))
    complain("key", "expected key, such as v1, with layout pairs or tokens, and only there");
  if (scheme.timestamp?.pair !== undefined && scheme.layout !== "pairs")
    complain("timestamp", "expected layout pairs where the time is one of the pairs");
  if (scheme.bodyHashParameter !== undefined && !parts.includes("url"))
    complain("content", "expected {url}, which carries the body's hash");
}

const hmacScheme = z.strictObject(hmacShape).superRefine(checkSignature);
const publicKeyScheme = z.strictObject(publicKeyShape).superRefine(checkSignature);

/** How a request proves where it comes from: data, without the secret. */
export const verificationScheme = z.discriminatedUnion("scheme", [
  hmacScheme,
  publicKeyScheme,
  z.strictObject(headerShape),
  z.strictObject(basicShape),
  z.strictObject(bearerShape),
  z.strictObject(jwtShape),
  z.strictObject({ scheme: z.literal("addresses") }),
  z.strictObject({ scheme: z.literal("none") }),
]);
export type VerificationScheme = z.output<typeof verificationScheme>;
export type HmacScheme = z.output<typeof hmacScheme>;
export type PublicKeyScheme = z.output<typeof publicKeyScheme>;
export type SignedScheme = HmacScheme | PublicKeyScheme;
export type JwtScheme = Extract<VerificationScheme, { scheme: "jwt" }>;
export type SharedSecretScheme = Extract<VerificationScheme, { scheme: "header" | "basic" | "bearer" }>;
