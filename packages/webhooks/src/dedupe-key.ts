import { createHash } from "node:crypto";
import type { DedupeSource } from "@millrace/automation";
import { isJsonObject, type Json, parseJson } from "@millrace/base";
import type { WebhookRequest } from "./webhook-request.ts";

const longestKey = 200;

type Content = Pick<WebhookRequest, "headers" | "body">;

/** The provider's id of this delivery, fit to be stored; undefined where it has none. */
export function dedupeKey(sources: readonly DedupeSource[], request: Content): string | undefined {
  for (const source of sources) {
    const values = readSource(source, request);
    if (values !== undefined) return storable(values);
  }
  return undefined;
}

function readSource(source: DedupeSource, request: Content): string[] | undefined {
  if ("hash" in source) return [`sha256:${createHash("sha256").update(request.body).digest("hex")}`];
  if ("headers" in source) return complete(source.headers.map((name) => singleHeader(request, name)));
  const body = parseBody(request);
  if (source.of === "body") return complete(source.fields.map((path) => scalarAt(body, path)));
  if (!Array.isArray(body) || body.length === 0) return undefined;
  return complete(body.flatMap((element) => source.fields.map((path) => scalarAt(element, path))));
}

const complete = (values: (string | undefined)[]): string[] | undefined =>
  values.every((value) => value !== undefined) ? values : undefined;

function singleHeader(request: Content, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const values = request.headers.filter(([header]) => header.toLowerCase() === wanted);
  return values.length === 1 ? values[0]?.[1] || undefined : undefined;
}

/** The JSON body; undefined where there is none. */
export function parseBody(request: Content): Json | undefined {
  try {
    const parsed = parseJson(new TextDecoder("utf-8", { fatal: true }).decode(request.body));
    return parsed.ok ? parsed.value : undefined;
  } catch {
    return undefined;
  }
}

/** Own properties only: a path never reaches what objects inherit. */
export function valueAt(root: Json | undefined, path: string): Json | undefined {
  return path
    .split(".")
    .reduce<Json | undefined>(
      (value, key) => (isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
      root,
    );
}

function scalarAt(root: Json | undefined, path: string): string | undefined {
  const value = valueAt(root, path);
  if (typeof value === "string") return value === "" ? undefined : value;
  // An integer beyond 2^53 has lost digits: two ids could look alike, and the second event would be dropped.
  return Number.isSafeInteger(value) ? String(value) : undefined;
}

/** One short printable id stays readable; anything else becomes a hash of fixed length. */
function storable(values: string[]): string {
  const [only] = values;
  if (values.length === 1 && only !== undefined && only.length <= longestKey && /^[\x21-\x7e]+$/.test(only))
    return only;
  return `sha256:${createHash("sha256").update(JSON.stringify(values)).digest("hex")}`;
}
