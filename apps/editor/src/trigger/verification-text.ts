import {
  defaultClockToleranceSeconds,
  defaultToleranceSeconds,
  type Preset,
  presetNames,
  presets,
  type SchemeName,
  type SignedScheme,
  type schemeChoices,
  schemeNames,
} from "@millrace/automation";
import {
  isPreset,
  secretNamesOf,
  signatureOf,
  takesSecret,
  type VerificationForm,
  type VerificationMode,
} from "./verification-form.ts";

const schemeTexts: Record<SchemeName, { title: string; about: string; secret: string; secretAbout: string }> = {
  hmac: {
    title: "HMAC signature",
    about: "The sender signs each request with a secret that both sides know.",
    secret: "Signing secret",
    secretAbout: "The key that the sender signs with.",
  },
  publicKey: {
    title: "Public-key signature",
    about: "The sender signs with a private key of its own; its public key is enough to check that.",
    secret: "Public key",
    secretAbout: "The sender's public key, as PEM, base64 or hex.",
  },
  header: {
    title: "Secret in a header",
    about: "A header must hold the secret. This proves who sent a request, not that its body is unchanged.",
    secret: "Secret",
    secretAbout: "The text that the header must hold.",
  },
  basic: {
    title: "User and password",
    about:
      "The Authorization header must hold them as Basic. This proves who sent a request, not that it is unchanged.",
    secret: "User and password",
    secretAbout: "Kept as one entry, written user:password.",
  },
  bearer: {
    title: "Bearer token",
    about: "The Authorization header must hold the token. This proves who sent a request, not that it is unchanged.",
    secret: "Token",
    secretAbout: "The text after Bearer.",
  },
  jwt: {
    title: "JSON Web Token (JWT)",
    about: "Requests carry a token that the sender's published keys confirm. The body is not covered by it.",
    secret: "",
    secretAbout: "",
  },
  addresses: {
    title: "Sender's address only",
    about: "Requests must come from certain addresses. What they carry is not checked.",
    secret: "",
    secretAbout: "",
  },
};

export function modeTitle(mode: VerificationMode): string {
  if (mode === "none") return "None";
  return isPreset(mode) ? presets[mode].title : schemeTexts[mode].title;
}

/** What the picker lists. */
export const modeGroups: { group: string; items: { value: VerificationMode; label: string }[] }[] = [
  { group: "Not checked", items: [{ value: "none", label: modeTitle("none") }] },
  {
    group: "As a provider signs",
    items: presetNames.map((value) => ({ value, label: modeTitle(value) })),
  },
  { group: "Your own scheme", items: schemeNames.map((value) => ({ value, label: modeTitle(value) })) },
];

/** What is checked, in a sentence or two. */
export function aboutMode(mode: VerificationMode, hasAddresses: boolean): string {
  if (mode === "none")
    return hasAddresses
      ? "Anyone at the addresses below who has the URL can start runs."
      : "Anyone who has the URL can start runs.";
  return isPreset(mode) ? aboutPreset(presets[mode]) : schemeTexts[mode].about;
}

const algorithmTitles: Record<SignedScheme["algorithm"], string> = {
  sha1: "HMAC-SHA-1",
  sha256: "HMAC-SHA-256",
  sha512: "HMAC-SHA-512",
  ed25519: "Ed25519",
  ecdsaP256Sha256: "ECDSA P-256 with SHA-256",
  rsaSha256: "RSA with SHA-256",
  rsaPssSha256: "RSA-PSS with SHA-256",
};
export const algorithmTitle = (algorithm: SignedScheme["algorithm"]) => algorithmTitles[algorithm];

function aboutPreset({ scheme: { algorithm, header, content, timestamp }, dedupe }: Preset): string {
  const time = timestamp
    ? "The time is signed too, so an old request can't be sent again."
    : `No time is signed: a recorded request stays valid${dedupe.length > 0 ? ", and only dedupe keeps it from starting another run" : ""}.`;
  return `${algorithmTitle(algorithm)} of ${signedParts(content)}, in the header ${header}. ${time}`;
}

const partTitles: Record<string, string> = {
  timestamp: "the time",
  id: "the delivery id",
  method: "the method",
  url: "the URL",
  body: "the body",
  sortedForm: "the form's fields",
};

/** `v0:{timestamp}:{body}` signs the time and the body. */
function signedParts(content: string): string {
  const parts = [...content.matchAll(/\{(\w+)\}/g)].map(([, part = ""]) => partTitles[part] ?? part);
  const last = parts.pop() ?? "";
  return parts.length === 0 ? last : `${parts.join(", ")} and ${last}`;
}

export function secretText(mode: VerificationMode): { title: string; about: string } {
  if (mode === "none") return { title: "Secret", about: "" };
  if (!isPreset(mode)) return { title: schemeTexts[mode].secret, about: schemeTexts[mode].secretAbout };
  const { title, where } = presets[mode].secret;
  return { title, about: where };
}

/** How far a signed time may be off where the form does not say it. */
export function defaultTolerance(form: VerificationForm): number {
  if (isPreset(form.mode)) return presets[form.mode].scheme.toleranceSeconds ?? defaultToleranceSeconds;
  return signatureOf(form) ? defaultToleranceSeconds : defaultClockToleranceSeconds;
}

/** The closed fold's note. */
export function verificationNote(form: VerificationForm): string {
  const count = form.allowFrom?.length ?? 0;
  const from = count === 0 ? "" : count === 1 ? "from 1 address" : `from ${count} addresses`;
  if (form.mode === "none") return from ? `none, ${from}` : "none: anyone who has the URL can start runs";
  if (form.mode === "addresses") return count === 0 ? "no addresses yet" : from;
  const secrets = takesSecret(form.mode) ? secretNamesOf(form).join(", ") : "";
  return [modeTitle(form.mode), secrets, from].filter(Boolean).join(" · ");
}

export const layoutTitles: Record<(typeof schemeChoices.layouts)[number], string> = {
  plain: "One signature",
  pairs: "Pairs: t=1,v1=abc",
  tokens: "Tokens: v1,abc v1,def",
};
export const timestampFormatTitles: Record<(typeof schemeChoices.timestampFormats)[number], string> = {
  seconds: "Unix seconds",
  milliseconds: "Unix milliseconds",
  iso8601: "ISO 8601",
};
export const urlFormTitles: Record<(typeof schemeChoices.urlForms)[number], string> = {
  exact: "Exactly as called",
  reservedDecoded: "Reserved characters decoded",
  withOrWithoutPort: "With or without its port",
};
export const signatureFormatTitles: Record<(typeof schemeChoices.signatureFormats)[number], string> = {
  der: "DER",
  ieeeP1363: "IEEE P1363 (r and s)",
};
