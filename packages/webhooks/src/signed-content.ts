import { createHash, timingSafeEqual } from "node:crypto";
import type { ContentPart, SignedScheme } from "@millrace/automation";
import { sortedForm } from "./form-parameters.ts";
import { type Outcome, reject, succeed } from "./rejection.ts";
import { signedUrls } from "./signed-url.ts";
import { mediaTypeOf, queryParameter, type WebhookRequest } from "./webhook-request.ts";

export type Chunk = string | Uint8Array;

type SignedParts = { request: WebhookRequest; timestamp: string; id: string };

/**
 * The bytes that a scheme's template stands for, in chunks so that a large body is not copied. More than one alternative
 * where a provider writes the URL in more than one way.
 */
export function signedContent(scheme: SignedScheme, parts: SignedParts): Outcome<Chunk[][]> {
  const { request } = parts;
  const form = scheme.content.includes("{sortedForm}") ? formPart(scheme, request) : succeed("");
  if (!form.ok) return form;
  const urls = scheme.content.includes("{url}") ? signedUrls(request.url, scheme.urlForm) : [""];
  return succeed(
    urls.map((url) =>
      fill(scheme.content, {
        timestamp: parts.timestamp,
        id: Buffer.from(parts.id, "latin1"), // as Node reads headers: one character a byte
        method: request.method,
        url,
        body: request.body,
        sortedForm: form.value,
      }),
    ),
  );
}

function fill(template: string, values: Record<ContentPart, Chunk>): Chunk[] {
  // Split by a captured group: text and names of parts take turns.
  return template
    .split(/\{(timestamp|id|method|url|body|sortedForm)\}/)
    .map((text, index) => (index % 2 === 0 ? text : (values[text as ContentPart] ?? "")))
    .filter((chunk) => chunk.length > 0);
}

/** The body must be covered by the signature in some way: as form parameters, by its hash in the signed URL, or by being empty. */
function formPart(scheme: SignedScheme, request: WebhookRequest): Outcome<string> {
  const parameter = scheme.bodyHashParameter;
  const hash = parameter === undefined ? undefined : queryParameter(request.url, parameter);
  if (hash !== undefined) {
    const actual = Buffer.from(createHash("sha256").update(request.body).digest("hex"));
    const claimed = Buffer.from(hash);
    if (claimed.length === actual.length && timingSafeEqual(claimed, actual)) return succeed("");
    return reject("signature_mismatch", `The body's SHA-256 is not the one that the URL's ${parameter} names.`);
  }
  if (request.body.length === 0) return succeed("");
  if (mediaTypeOf(request) !== "application/x-www-form-urlencoded") {
    const alternative = parameter === undefined ? "" : `, or ${parameter} in the URL`;
    return reject(
      "body_unsigned",
      `The signature does not cover this body; expected Content-Type application/x-www-form-urlencoded${alternative}.`,
    );
  }
  const text = sortedForm(request.body);
  return text === undefined
    ? reject("body_unreadable", "The body is not a well-formed application/x-www-form-urlencoded form.")
    : succeed(text);
}
