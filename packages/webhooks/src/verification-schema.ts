import { z } from "zod";

// No imports from Node here: the editor and the definition format read this file too.

/** The presets by name, in the order a picker shows them. `presets.ts` holds what each one says. */
export const presetNames = [
  "standardWebhooks",
  "stripe",
  "github",
  "slack",
  "shopify",
  "twilio",
  "sendgrid",
  "svix",
  "calendly",
  "typeform",
  "hubspot",
  "intercom",
  "discord",
  "meta",
  "zoom",
  "dropbox",
] as const;
export type PresetName = (typeof presetNames)[number];

/** These providers sign no time, so a tolerance would promise something that nobody checks. */
export const presetsWithoutTimestamp: readonly PresetName[] = [
  "github",
  "shopify",
  "twilio",
  "typeform",
  "intercom",
  "meta",
  "dropbox",
];

/** These providers prove that a URL is ours with a token of the owner's choice, apart from the signing secret. */
export const presetsWithVerifyToken: readonly PresetName[] = ["meta"];

export const contentParts = ["timestamp", "id", "method", "url", "body", "sortedForm"] as const;
export type ContentPart = (typeof contentParts)[number];

const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, "expected a header's name, such as X-Signature");

const toleranceSeconds = z
  .int("expected a whole number of seconds")
  .min(1, "expected at least 1 second")
  .max(86_400, "expected at most 86400 seconds, a day")
  .meta({ title: "Tolerance in seconds", description: "How far the signed time may be from ours. 300 unless said." });

const timestamp = z
  .strictObject({
    header: headerName.optional().meta({ description: "The header that carries the time." }),
    pair: z.string().min(1).max(20).optional().meta({ description: "The pair of the signature header that does." }),
    format: z.enum(["seconds", "milliseconds", "iso8601"], "expected seconds, milliseconds or iso8601"),
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
    .enum(["plain", "pairs", "tokens"], "expected plain, pairs or tokens")
    .optional()
    .meta({ description: "plain: one signature; pairs: t=1,v1=abc; tokens: v1,abc v1,def. plain unless said." }),
  key: z.string().min(1).max(20).optional().meta({ description: "Which pairs or tokens count, such as v1." }),
  encoding: z.enum(["hex", "base64", "base64url"], "expected hex, base64 or base64url"),
  content: z
    .string()
    .min(1, "expected the signed text, such as {timestamp}.{body}")
    .max(200)
    .meta({ description: `The signed text; {${contentParts.join("} {")}} stand for parts of the request.` }),
  timestamp: timestamp.optional(),
  idHeader: headerName.optional().meta({ description: "The header that {id} stands for." }),
  toleranceSeconds: toleranceSeconds.optional(),
  urlForm: z
    .enum(["exact", "reservedDecoded", "withOrWithoutPort"])
    .optional()
    .meta({ description: "How the sender writes {url}. exact unless said." }),
  bodyHashParameter: z
    .string()
    .min(1)
    .max(50)
    .optional()
    .meta({ description: "The URL's parameter with the body's SHA-256, for bodies that are no form." }),
};

const hmacShape = {
  scheme: z.literal("hmac"),
  algorithm: z.enum(["sha1", "sha256", "sha512"], "expected sha1, sha256 or sha512"),
  ...signature,
  secretPrefix: z.string().min(1).max(20).optional().meta({ description: "Not part of the key, such as whsec_" }),
  secretEncoding: z.enum(["text", "hex", "base64"]).optional().meta({ description: "text unless said." }),
};
const publicKeyShape = {
  scheme: z.literal("publicKey"),
  algorithm: z.enum(
    ["ed25519", "ecdsaP256Sha256", "rsaSha256", "rsaPssSha256"],
    "expected ed25519, ecdsaP256Sha256, rsaSha256 or rsaPssSha256",
  ),
  ...signature,
  signatureFormat: z.enum(["der", "ieeeP1363"]).optional().meta({ description: "Of ECDSA. der unless said." }),
};
const headerShape = {
  scheme: z.literal("header"),
  header: headerName,
  prefix: z.string().max(40).optional(),
};
const basicShape = { scheme: z.literal("basic") };
const bearerShape = { scheme: z.literal("bearer") };
const jwtShape = {
  scheme: z.literal("jwt"),
  header: headerName.optional().meta({ description: "Authorization, with Bearer, unless said." }),
  jwksUrl: z.url({ protocol: /^https?$/, error: "expected the URL of a key set (JWKS)" }).max(2_000),
  issuer: z.string().min(1, "expected the iss claim").max(500),
  audience: z.string().min(1, "expected the aud claim").max(500),
  algorithms: z
    .array(
      z.enum(
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"],
        "expected a public-key algorithm, such as RS256 or ES256",
      ),
    )
    .min(1, "expected at least one algorithm")
    .max(10),
  claims: z
    .record(z.string().max(100), z.union([z.string().max(500), z.boolean()]))
    .optional()
    .meta({ description: "Further claims and the values they must have." }),
  toleranceSeconds: toleranceSeconds.optional(),
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
function checkSignature(scheme: SignatureShape, context: z.core.$RefinementCtx<unknown>): void {
  const complain = (path: string, message: string) =>
    context.addIssue({ code: "custom", path: [path], message, input: scheme });
  const parts = [...scheme.content.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? "");
  const unknown = parts.find((part) => !contentParts.some((known) => known === part));
  if (unknown !== undefined)
    complain("content", `{${unknown}} is not a part; expected one of {${contentParts.join("} {")}}`);
  if (!parts.includes("body") && !parts.includes("sortedForm"))
    complain("content", "expected {body} or {sortedForm}: anybody could change a body that is not signed");
  if (parts.includes("id") && scheme.idHeader === undefined) complain("idHeader", "expected the header that {id} names");
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

const secretName = z.string().trim().min(1, "expected the name of a keyvault entry").max(120);
const secret = z
  .union([secretName, z.array(secretName).min(1).max(5)], {
    error: "expected the name of a keyvault entry, or a list of up to 5 while a secret is being rotated",
  })
  .meta({ title: "Secret", description: "The name of a keyvault entry, never the secret itself." });

const addressRange = z
  .union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], { error: "expected an address or range, such as 192.0.2.0/24" })
  .meta({ description: "An IP address or a range in CIDR form." });
const ranges = z.array(addressRange).min(1, "expected at least one address or range").max(100);
const allowFrom = ranges
  .optional()
  .meta({ title: "Allowed senders", description: "Requests from other addresses are refused." });

const keyed = { secret, allowFrom };

const presetVerification = z.discriminatedUnion(
  "preset",
  [
    z.strictObject({ preset: z.literal("none"), allowFrom }),
    z
      .strictObject({
        preset: z.enum(presetNames),
        ...keyed,
        toleranceSeconds: toleranceSeconds.optional(),
        verifyToken: secretName.optional().meta({
          title: "Verify token",
          description: "The name of a keyvault entry with the token that was entered at the provider.",
        }),
      })
      .superRefine(({ preset, toleranceSeconds: tolerance, verifyToken }, context) => {
        if (tolerance !== undefined && presetsWithoutTimestamp.includes(preset))
          context.addIssue({
            code: "custom",
            path: ["toleranceSeconds"],
            message: `${preset} signs no time, so there is nothing to tolerate; leave this out`,
          });
        if (verifyToken !== undefined && !presetsWithVerifyToken.includes(preset))
          context.addIssue({
            code: "custom",
            path: ["verifyToken"],
            message: `${preset} has no verify token; leave this out`,
          });
      }),
  ],
  { error: `expected none or one of ${presetNames.join(", ")}` },
);

const schemeVerification = z.discriminatedUnion(
  "scheme",
  [
    z.strictObject({ ...hmacShape, ...keyed }).superRefine(checkSignature),
    z.strictObject({ ...publicKeyShape, ...keyed }).superRefine(checkSignature),
    z.strictObject({ ...headerShape, ...keyed }),
    z.strictObject({ ...basicShape, ...keyed }),
    z.strictObject({ ...bearerShape, ...keyed }),
    z.strictObject({ ...jwtShape, allowFrom }),
    z.strictObject({ scheme: z.literal("addresses"), allowFrom: ranges }),
  ],
  { error: "expected one of hmac, publicKey, header, basic, bearer, jwt, addresses" },
);

/** A trigger's `verify`: a preset or a scheme, and the names of the keyvault entries it needs. */
export const verificationSchema = z.union([presetVerification, schemeVerification], {
  error: "expected preset, such as preset: github, or scheme, such as scheme: hmac",
});
export type Verification = z.output<typeof verificationSchema>;
