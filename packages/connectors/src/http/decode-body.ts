import { TextDecoder } from "node:util";
import { type Json, parseJson } from "@millrace/base";
import type { EgressResponse } from "@millrace/connector-kit";

export type DecodedBody = { body: Json; bodyFormat: "json" | "text" | "base64" | "empty" };

/** The answer's size is bounded already, so only its depth needs a limit. */
const limits = { depth: 64, keys: 1_000_000 };

/** JSON where the answer says so and holds it, text where it is text, base64 for everything else. */
export function decodeBody(answer: Pick<EgressResponse, "body" | "headers">): DecodedBody {
  if (answer.body.length === 0) return { body: null, bodyFormat: "empty" };
  const contentType = answer.headers.get("content-type") ?? "";
  const mediaType = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  const text = decodeText(answer.body, contentType, mediaType);
  if (text === undefined) return { body: Buffer.from(answer.body).toString("base64"), bodyFormat: "base64" };
  if (/^application\/(.+\+)?json$|^text\/json$/.test(mediaType)) {
    const parsed = parseJson(text, limits);
    if (parsed.ok) return { body: parsed.value, bodyFormat: "json" };
  }
  return { body: text, bodyFormat: "text" };
}

function decodeText(bytes: Uint8Array, contentType: string, mediaType: string): string | undefined {
  const isText =
    mediaType.startsWith("text/") || /(json|xml|javascript|yaml|x-www-form-urlencoded|csv)$/.test(mediaType);
  const charset = /charset="?([\w-]+)/i.exec(contentType)?.[1];
  if (isText) return decoderFor(charset).decode(bytes);
  if (mediaType !== "" && mediaType !== "application/octet-stream") return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function decoderFor(charset: string | undefined): TextDecoder {
  try {
    return new TextDecoder(charset ?? "utf-8");
  } catch {
    return new TextDecoder("utf-8"); // a charset nobody knows
  }
}
