import { type Outcome, reject, succeed } from "./rejection.ts";

/** A request as it arrived. */
export type WebhookRequest = {
  method: string;
  /** The whole URL as the sender knows it: public origin, then path and query exactly as received. Some providers sign it. */
  url: string;
  /** In the order received, repeated headers included: `rawHeaders` in pairs. */
  headers: readonly (readonly [name: string, value: string])[];
  body: Uint8Array;
  /** The sender's address as far as trusted proxies tell. */
  sourceIp: string | null;
};

const longestHeader = 8_192;

/** The one value of a header. A repeated header is refused: we and whoever stands before us could read different ones. */
export function readHeader(request: WebhookRequest, name: string, expected: string): Outcome<string> {
  const wanted = name.toLowerCase();
  const values = request.headers.filter(([header]) => header.toLowerCase() === wanted).map(([, value]) => value);
  const [value] = values;
  if (value === undefined) return reject("header_missing", `The header ${name} is missing; expected ${expected}.`);
  if (values.length > 1)
    return reject("header_repeated", `The header ${name} is there ${values.length} times; expected it once.`);
  if (value.trim() === "") return reject("header_missing", `The header ${name} is empty; expected ${expected}.`);
  if (value.length > longestHeader)
    return reject("signature_malformed", `The header ${name} is longer than ${longestHeader} characters.`);
  return succeed(value);
}

/** A query parameter as sent, decoded; undefined where it is absent or repeated. */
export function queryParameter(url: string, name: string): string | undefined {
  const mark = url.indexOf("?");
  if (mark === -1) return undefined;
  const values = new URLSearchParams(url.slice(mark + 1)).getAll(name);
  return values.length === 1 ? values[0] : undefined;
}

/** The media type without its parameters, in lower case; empty where there is none or more than one. */
export function mediaTypeOf(request: WebhookRequest): string {
  const values = request.headers.filter(([name]) => name.toLowerCase() === "content-type");
  const [value] = values;
  return values.length === 1 && value ? (value[1].split(";", 1)[0] ?? "").trim().toLowerCase() : "";
}
