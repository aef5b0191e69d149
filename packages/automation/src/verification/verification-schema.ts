import { z } from "zod";
import {
  basicShape,
  bearerShape,
  checkSignature,
  headerShape,
  hmacShape,
  jwtShape,
  publicKeyShape,
  toleranceSeconds,
  type VerificationScheme,
} from "./verification-scheme.ts";

// No imports from Node here: the editor and the definition format read this file too.

/** What `secret` and `verifyToken` name is a connection of this connector. */
export const signingSecretConnectorId = "webhook";

/** The presets by name, in the order a picker shows them. `presets.ts` holds what is known about each. */
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

/** The schemes of one's own by name, in the order a picker shows them. */
export const schemeNames = ["hmac", "publicKey", "header", "basic", "bearer", "jwt", "addresses"] as const;
export type SchemeName = (typeof schemeNames)[number];

export const verificationLimits = { secretNames: 5, addresses: 100 };

const secretName = z.string().trim().min(1, "expected the name of a keyvault entry").max(120);
const secret = z
  .union(
    [
      secretName,
      z
        .array(secretName)
        .min(1, "expected the name of a keyvault entry")
        .max(verificationLimits.secretNames, `expected at most ${verificationLimits.secretNames} names`),
    ],
    {
      error: `expected the name of a keyvault entry, or a list of up to ${verificationLimits.secretNames} while a secret is being rotated`,
    },
  )
  .meta({ title: "Secret", description: "The name of a keyvault entry, never the secret itself." });

const addressRange = z
  .union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], { error: "expected an address or range, such as 192.0.2.0/24" })
  .meta({ description: "An IP address or a range in CIDR form." });
export const isAddressRange = (text: string): boolean => addressRange.safeParse(text).success;

const ranges = z.array(addressRange).min(1, "expected at least one address or range").max(verificationLimits.addresses);
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
  { error: `expected one of ${schemeNames.join(", ")}` },
);

/** A trigger's `verify`: a preset or a scheme, and the names of the keyvault entries it needs. */
export const verificationSchema = z.union([presetVerification, schemeVerification], {
  error: "expected preset, such as preset: github, or scheme, such as scheme: hmac",
});
export type Verification = z.output<typeof verificationSchema>;

/** A trigger's `verify` apart: what proves the sender, and the names of the keyvault entries to open for it. */
export type OpenedVerification = {
  choice: { preset: PresetName | "none" } | { scheme: VerificationScheme };
  secretNames: string[];
  verifyTokenName: string | undefined;
  allowFrom: string[] | undefined;
  toleranceSeconds: number | undefined;
};

export function openVerification(verification: Verification): OpenedVerification {
  const names = "secret" in verification ? verification.secret : [];
  const opened = {
    secretNames: typeof names === "string" ? [names] : names,
    verifyTokenName: "verifyToken" in verification ? verification.verifyToken : undefined,
    allowFrom: verification.allowFrom,
    toleranceSeconds: "toleranceSeconds" in verification ? verification.toleranceSeconds : undefined,
  };
  if ("preset" in verification) return { ...opened, choice: { preset: verification.preset } };
  const { allowFrom: _allowFrom, ...rest } = verification;
  if (!("secret" in rest)) return { ...opened, choice: { scheme: rest } };
  const { secret: _secret, ...scheme } = rest;
  return { ...opened, choice: { scheme } };
}
