import type { JsonObject } from "@millrace/base";
import { base64, decodeText } from "./body-bytes.ts";
import { type HeaderValue, parseHeaderValue } from "./header-value.ts";
import { addListed, emptyMap } from "./listed-values.ts";

export const multipartLimits = { parts: 1_000, headBytes: 8_192, bodyBytes: 25 * 1_048_576 };

type Reading<Value> = { ok: true; value: Value } | { ok: false; message: string };

/**
 * A multipart/form-data body (RFC 7578) as a map by field name, where a name that comes again gives a list. A field is text;
 * a part with a file name, or whose bytes are no text, is `{ name, type, size, base64 }`. What two readers could take for
 * different things (a head that can't be read or says something twice, no closing boundary) gives a message instead.
 */
export function parseMultipart(contentType: string, body: Uint8Array): Reading<JsonObject> {
  const { bodyBytes, parts: mostParts } = multipartLimits;
  if (body.length > bodyBytes) return bad(`the form has more than ${bodyBytes} bytes, the limit`);
  const boundary = parseHeaderValue(contentType)?.parameters.get("boundary");
  if (boundary === undefined || !isBoundary.test(boundary)) {
    return bad("the content type must give the form's boundary, once, with 1 to 70 characters");
  }
  const line = ascii(`\r\n--${boundary}`);
  const form = emptyMap();
  let delimiter = findDelimiter(body, line, -lineEnd);
  if (!delimiter) return bad("no line of the form has its boundary");
  for (let number = 1; !delimiter.isLast; number++) {
    if (number > mostParts) return bad(`the form has more than ${mostParts} parts, the limit`);
    const next = findDelimiter(body, line, delimiter.end - lineEnd);
    if (!next) return bad("the form ends before its closing boundary");
    const part = readPart(body.subarray(delimiter.end, Math.max(delimiter.end, next.start)));
    if (!part.ok) return bad(`part ${number} of the form ${part.message}`);
    addListed(form, part.value.name, fieldValue(part.value));
    delimiter = next;
  }
  return { ok: true, value: form };
}

const bad = (message: string): { ok: false; message: string } => ({ ok: false, message });

// RFC 2046 §5.1.1 knows fewer characters; senders are not so strict.
const isBoundary = /^[\x20-\x7e]{0,69}[\x21-\x7e]$/;
const lineEnd = 2;
const [tab, lineFeed, carriageReturn, space, dash] = [0x09, 0x0a, 0x0d, 0x20, 0x2d];

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** `start` is where the line end before it begins, `end` where the next part does. */
type Delimiter = { start: number; end: number; isLast: boolean };

/** The first is at the body's start, as if there were a line end before it: `from` may be -2. */
function findDelimiter(body: Uint8Array, line: Uint8Array, from: number): Delimiter | undefined {
  for (let start = from; start < body.length; start++) {
    if (start >= 0 && body[start] !== carriageReturn) continue;
    if (!isAt(body, line, start)) continue;
    let end = start + line.length;
    if (body[end] === dash && body[end + 1] === dash) return { start, end, isLast: true };
    while (body[end] === space || body[end] === tab) end++;
    if (body[end] === carriageReturn && body[end + 1] === lineFeed) return { start, end: end + lineEnd, isLast: false };
  }
  return undefined;
}

function isAt(body: Uint8Array, line: Uint8Array, start: number): boolean {
  for (let index = Math.max(0, -start); index < line.length; index++) {
    if (body[start + index] !== line[index]) return false;
  }
  return true;
}

type Part = { name: string; fileName: string | undefined; type: HeaderValue | undefined; bytes: Uint8Array };

const afterHead = ascii("\r\n\r\n");

function readPart(part: Uint8Array): Reading<Part> {
  const { headBytes } = multipartLimits;
  const end = findHeadEnd(part, headBytes);
  if (end === undefined) return bad(`has no empty line within ${headBytes} bytes, after its head`);
  const head = readHead(part.subarray(0, end));
  return head.ok ? { ok: true, value: { ...head.value, bytes: part.subarray(end + afterHead.length) } } : head;
}

function findHeadEnd(part: Uint8Array, headBytes: number): number | undefined {
  const last = Math.min(part.length - afterHead.length, headBytes);
  for (let at = 0; at <= last; at++) if (part[at] === carriageReturn && isAt(part, afterHead, at)) return at;
  return undefined;
}

const headerPattern = /^([!#$%&'*+.^_`|~0-9a-z-]+):([^\0\r\n]*)$/i;

function readHead(bytes: Uint8Array): Reading<Omit<Part, "bytes">> {
  // Browsers write names in UTF-8, old programs in Latin-1.
  const text = decodeText(bytes, "utf-8") ?? decodeText(bytes, "latin1") ?? "";
  const headers = new Map<string, string>();
  for (const line of text.replace(/\r\n[ \t]+/g, " ").split("\r\n")) {
    const [, name, value = ""] = headerPattern.exec(line) ?? [];
    if (name === undefined) return bad("has a line in its head that is no header");
    if (headers.has(name.toLowerCase())) return bad(`has ${name} twice`);
    headers.set(name.toLowerCase(), value);
  }
  const disposition = parseHeaderValue(headers.get("content-disposition") ?? "");
  if (disposition?.value !== "form-data") return bad("has no Content-Disposition of form-data that can be read");
  const name = nameIn(disposition, "name");
  if (name === undefined) return bad("has no name");
  const type = parseHeaderValue(headers.get("content-type") ?? "");
  return { ok: true, value: { name, fileName: nameIn(disposition, "filename"), type } };
}

/** Browsers write a quote and line ends with a percent sign; some programs send `filename*=UTF-8''…` (RFC 5987). */
function nameIn({ parameters }: HeaderValue, parameter: string): string | undefined {
  const plain = parameters.get(parameter);
  if (plain !== undefined) {
    return plain.replace(/%0A|%0D|%22/gi, (escaped) => decodeURIComponent(escaped));
  }
  const [, encoded] = /^utf-8'[^']*'(.*)$/i.exec(parameters.get(`${parameter}*`) ?? "") ?? [];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

function fieldValue({ fileName, type, bytes }: Part): string | JsonObject {
  if (fileName === undefined) {
    const text = decodeText(bytes, type?.parameters.get("charset") ?? "utf-8") ?? decodeText(bytes, "utf-8");
    if (text !== undefined) return text;
  }
  const file = { name: fileName ?? null, type: type?.value || null, size: bytes.length, base64: base64(bytes) };
  return Object.assign(emptyMap(), file);
}
