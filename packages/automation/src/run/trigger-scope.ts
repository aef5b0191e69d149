import type { Json, JsonObject } from "@millrace/base";
import { type PayloadFinding, parsePayload } from "../expression/payload.ts";
import { base64, decodeUtf8 } from "./body-bytes.ts";
import { addListed, emptyMap } from "./listed-values.ts";
import { parseMultipart } from "./multipart.ts";

export type ReceivedEvent = {
  method: string;
  /** Without the question mark. */
  query: string;
  headers: readonly (readonly [name: string, value: string])[];
  contentType: string | null;
  body: Uint8Array;
  receivedAt: Date;
};

export type TriggerScope = { body: Json; headers: JsonObject; query: JsonObject; method: string; receivedAt: string };

export type OpenedEvent = {
  trigger: TriggerScope;
  /** How the body was read. */
  bodyKind: "json" | "form" | "multipart" | "text" | "binary" | "empty";
  /** Integers that were kept as text. */
  findings: PayloadFinding[];
  /** Why a body that calls itself JSON or a multipart form was kept as text or binary. */
  malformed?: string;
};

/**
 * What expressions see of a request: `trigger.body`, `headers` (lower-case names), `query`, `method`, `receivedAt`.
 * A body that is JSON by its type, or that has no telling type and reads as JSON, is a value; a form is a map, of
 * which a file is `{ name, type, size, base64 }`; other text is text, and bytes that are no UTF-8 are base64. Repeated
 * query keys and form fields give lists. Never throws.
 */
export function openEvent(event: ReceivedEvent): OpenedEvent {
  const { body, ...opened } = openBody(event);
  return {
    ...opened,
    trigger: {
      body,
      headers: headerMap(event.headers),
      query: event.query === "" ? emptyMap() : listedPairs(new URLSearchParams(event.query)),
      method: event.method,
      receivedAt: event.receivedAt.toISOString(),
    },
  };
}

/** Why a body that calls itself JSON is none; undefined where it is, or calls itself something else. */
export function whyMalformed(event: ReceivedEvent): string | undefined {
  return callsItselfJson(event) ? openBody(event).malformed : undefined;
}

export const callsItselfJson = ({ contentType }: Pick<ReceivedEvent, "contentType">): boolean =>
  isJsonType(mediaType(contentType));

type OpenedBody = Omit<OpenedEvent, "trigger"> & { body: Json };

function openBody({ contentType, body }: ReceivedEvent): OpenedBody {
  if (body.length === 0) return { body: null, bodyKind: "empty", findings: [] };
  const type = mediaType(contentType);
  const form = type === "multipart/form-data" ? parseMultipart(contentType ?? "", body) : undefined;
  if (form?.ok) return { body: form.value, bodyKind: "multipart", findings: [] };
  const text = decodeUtf8(body);
  if (text === undefined) return asItCame("binary", base64(body), form?.message);
  if (isJsonType(type) || type === "" || looksLikeJson(text)) {
    const parsed = parsePayload(text);
    if (parsed.ok) return { body: parsed.value, bodyKind: "json", findings: parsed.findings };
    if (isJsonType(type)) return asItCame("text", text, parsed.message);
  }
  if (type === "application/x-www-form-urlencoded") {
    return { body: listedPairs(new URLSearchParams(text)), bodyKind: "form", findings: [] };
  }
  return asItCame("text", text, form?.message);
}

function asItCame(bodyKind: "text" | "binary", body: string, malformed: string | undefined): OpenedBody {
  return { body, bodyKind, findings: [], ...(malformed === undefined ? {} : { malformed }) };
}

/** `application/json; charset=utf-8` → `application/json`. */
export function mediaType(contentType: string | null): string {
  return (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

const isJsonType = (type: string): boolean => type === "application/json" || type.endsWith("+json");

/** Senders forget the header: `curl -d '{…}'` calls JSON a form. */
const looksLikeJson = (text: string): boolean => /^\s*[{[]/.test(text);

function headerMap(headers: ReceivedEvent["headers"]): JsonObject {
  const map = emptyMap();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const before = map[key];
    map[key] = typeof before === "string" ? `${before}, ${value}` : value; // RFC 9110 §5.3
  }
  return map;
}

function listedPairs(pairs: URLSearchParams): JsonObject {
  const map = emptyMap();
  let count = 0;
  for (const [key, value] of pairs) {
    if (++count > 10_000) break;
    addListed(map, key, value);
  }
  return map;
}
