import { defaultToleranceSeconds, type SignedScheme } from "@millrace/automation";
import { decodeStrictly } from "./encoded-bytes.ts";
import { digestBytes } from "./hmac-digest.ts";
import { checkTimestamp } from "./read-timestamp.ts";
import { type Outcome, type Rejection, reject, succeed } from "./rejection.ts";
import { readHeader, type WebhookRequest } from "./webhook-request.ts";

/** What a signed request says about itself, read but not yet proved. */
export type SignatureClaim = { signatures: Buffer[]; timestamp: string; id: string };

export type SignatureSettings = {
  toleranceSeconds: number | undefined;
  now: Date;
  isPossibleLength: (bytes: number) => boolean;
};

const mostEntries = 20;

export function readSignatures(
  scheme: SignedScheme,
  request: WebhookRequest,
  settings: SignatureSettings,
): Outcome<SignatureClaim> {
  const expected = describeSignature(scheme);
  const header = readHeader(request, scheme.header, expected);
  if (!header.ok) return header;
  const entries = readEntries(scheme, header.value);
  if (!entries.ok) return entries;
  const signatures = entries.value.signatures
    .map((text) => decodeStrictly(text, scheme.encoding))
    .filter((bytes) => bytes !== undefined)
    .filter((bytes) => settings.isPossibleLength(bytes.length));
  if (signatures.length === 0)
    return reject("signature_malformed", `The header ${scheme.header} cannot be read; expected ${expected}.`);
  const timestamp = readTimestamp(scheme, request, entries.value.pairs, settings);
  if (!timestamp.ok) return timestamp;
  const id = scheme.idHeader === undefined ? succeed("") : readHeader(request, scheme.idHeader, "the message's id");
  if (!id.ok) return id;
  return succeed({ signatures, timestamp: timestamp.value, id: id.value });
}

type Entries = { signatures: string[]; pairs: Map<string, string[]> };

function readEntries(scheme: SignedScheme, value: string): Outcome<Entries> {
  const pairs = new Map<string, string[]>();
  const malformed = reject(
    "signature_malformed",
    `The header ${scheme.header} cannot be read; expected ${describeSignature(scheme)}.`,
  );
  if (scheme.layout === "pairs" || scheme.layout === "tokens") {
    const [between, within] = scheme.layout === "pairs" ? [",", "="] : [" ", ","];
    const entries = value.split(between);
    if (entries.length > mostEntries) return malformed;
    for (const entry of entries) {
      const mark = entry.indexOf(within);
      if (mark === -1) continue;
      const name = entry.slice(0, mark).trim();
      pairs.set(name, [...(pairs.get(name) ?? []), entry.slice(mark + 1).trim()]);
    }
  }
  const prefix = scheme.prefix ?? "";
  const texts = scheme.key === undefined ? [value] : (pairs.get(scheme.key) ?? []);
  const signatures = texts.filter((text) => text.startsWith(prefix)).map((text) => text.slice(prefix.length));
  return signatures.length === 0 ? malformed : succeed({ signatures, pairs });
}

function readTimestamp(
  scheme: SignedScheme,
  request: WebhookRequest,
  pairs: Map<string, string[]>,
  { toleranceSeconds, now }: SignatureSettings,
): Outcome<string> {
  if (scheme.timestamp === undefined) return succeed("");
  const { header, pair, format } = scheme.timestamp;
  const place = header ?? `${pair}= of ${scheme.header}`;
  const read =
    header === undefined ? onePair(pairs, pair ?? "", place) : readHeader(request, header, "the signed time");
  if (!read.ok) return read;
  const tolerance = toleranceSeconds ?? scheme.toleranceSeconds ?? defaultToleranceSeconds;
  const fault: Rejection | undefined = checkTimestamp(read.value, place, { format, toleranceSeconds: tolerance, now });
  return fault ?? read;
}

function onePair(pairs: Map<string, string[]>, name: string, place: string): Outcome<string> {
  const [value, ...more] = pairs.get(name) ?? [];
  return value === undefined || more.length > 0
    ? reject("timestamp_malformed", `Expected exactly one ${place}: the signed time.`)
    : succeed(value);
}

/** What the header should look like: `sha256=, then 64 hex digits`. */
export function describeSignature(scheme: SignedScheme): string {
  const length = scheme.scheme === "hmac" ? digestBytes[scheme.algorithm] * 2 : undefined;
  const text =
    scheme.encoding === "hex"
      ? `${length === undefined ? "" : `${length} `}hex digits`
      : `a signature in ${scheme.encoding}`;
  const prefixed = scheme.prefix ? `${scheme.prefix} followed by ${text}` : text;
  if (scheme.layout === "tokens") return `${scheme.key}, followed by ${prefixed}, several with spaces between`;
  if (scheme.layout !== "pairs") return prefixed;
  const time = scheme.timestamp?.pair === undefined ? "" : `${scheme.timestamp.pair}=<time>,`;
  return `${time}${scheme.key}=<${text}>`;
}
