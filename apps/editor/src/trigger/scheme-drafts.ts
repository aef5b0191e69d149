import type { SchemeName, SignedScheme, Verification } from "@millrace/automation";

type Written<Name extends SchemeName> = Extract<Verification, { scheme: Name }>;
/** A scheme without the secret, the tolerance and the addresses, which all of them share. */
export type OwnScheme<Name extends SchemeName> = Omit<Written<Name>, "secret" | "allowFrom" | "toleranceSeconds">;

/** What was entered for each scheme. */
export type SchemeDrafts = { [Name in "hmac" | "publicKey" | "header" | "jwt"]?: OwnScheme<Name> | undefined };

/** What a scheme starts with. */
export const firstScheme: { [Name in keyof SchemeDrafts]-?: OwnScheme<Name> } = {
  hmac: { scheme: "hmac", algorithm: "sha256", header: "X-Signature", encoding: "hex", content: "{body}" },
  publicKey: {
    scheme: "publicKey",
    algorithm: "ed25519",
    header: "X-Signature",
    encoding: "base64",
    content: "{body}",
  },
  header: { scheme: "header", header: "X-Webhook-Token" },
  jwt: { scheme: "jwt", jwksUrl: "", issuer: "", audience: "", algorithms: ["RS256"] },
};

type Layout = NonNullable<SignedScheme["layout"]>;
type Signature = Pick<SignedScheme, "layout" | "key" | "timestamp" | "content">;

/** A layout with entries needs to know which count; a time that was one of the entries moves to a header. */
export function withLayout<Scheme extends Signature>(scheme: Scheme, layout: Layout): Scheme {
  const { timestamp } = scheme;
  const moved = timestamp?.pair !== undefined && layout !== "pairs";
  return {
    ...scheme,
    layout: layout === "plain" ? undefined : layout,
    key: layout === "plain" ? undefined : (scheme.key ?? "v1"),
    timestamp: moved ? { header: firstTimestampHeader, format: timestamp.format } : timestamp,
  };
}

/** A time that is not signed proves nothing, so it comes into the signed text and leaves it together with its place. */
export function withTimestamp<Scheme extends Signature>(scheme: Scheme, isSigned: boolean): Scheme {
  if (!isSigned) {
    const content = scheme.content.replace(/\{timestamp\}[.:]?/g, "");
    return { ...scheme, timestamp: undefined, content };
  }
  const content = scheme.content.includes("{timestamp}") ? scheme.content : `{timestamp}.${scheme.content}`;
  return { ...scheme, timestamp: { header: firstTimestampHeader, format: "seconds" }, content };
}

/** Where the time stands: in a header of its own, or in one of the signature's pairs. */
export function withTimestampIn<Scheme extends Signature>(scheme: Scheme, place: "header" | "pair"): Scheme {
  const format = scheme.timestamp?.format ?? "seconds";
  const timestamp = place === "pair" ? { pair: "t", format } : { header: firstTimestampHeader, format };
  return { ...scheme, timestamp };
}

const firstTimestampHeader = "X-Timestamp";
