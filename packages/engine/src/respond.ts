import type { Budget, Scope } from "@millrace/automation";
import { answerHeaderFault, type PlannedRespond, resolveInput } from "@millrace/automation";
import { Failure, isJsonObject, type Json } from "@millrace/base";

/** What a Respond step sends, as its record keeps it: the body's exact text, and every header but the server's own. */
export type RespondOutput = { status: number; headers: { [name: string]: string }; body: string };

const bodyLimitBytes = 1_048_576;
const withoutBody = new Set([204, 205, 304]);

/** Throws Failure `mapping_failed` or `too_large`, naming the part at fault. */
export function computeAnswer(step: PlannedRespond, scope: Scope, budget: Budget): RespondOutput {
  const { value } = resolveInput(step.fields, scope, { isRequired: () => true, budget });
  const status = statusOf(value.status ?? 200);
  const isText = typeof value.body === "string";
  const body = value.body === undefined ? "" : isText ? String(value.body) : JSON.stringify(value.body);
  if (body !== "" && withoutBody.has(status)) {
    throw fault("body", `An answer with status ${status} has no body.`, "Remove the body, or choose another status.");
  }
  const bytes = new TextEncoder().encode(body).byteLength;
  if (bytes > bodyLimitBytes) {
    throw new Failure("too_large", `The answer's body is ${bytes} bytes; it may have ${bodyLimitBytes}.`, {
      field: "body",
      advice: "Send less, or a link to where the rest is.",
    });
  }
  const type = isText ? "text/plain; charset=utf-8" : "application/json";
  return { status, headers: headersOf(value.headers ?? {}, body === "" ? undefined : type), body };
}

function statusOf(value: Json): number {
  const status = typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : value;
  if (typeof status === "number" && Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw fault("status", `expected a whole number from 200 to 599, got ${JSON.stringify(value).slice(0, 40)}.`);
}

/** Line breaks would start a header of somebody else's choosing. */
const isHeaderValue = (text: string): boolean => /^[\t\x20-\x7e\x80-\xff]*$/.test(text);

function headersOf(given: Json, contentType: string | undefined): { [name: string]: string } {
  const headers: { [name: string]: string } = Object.create(null);
  for (const [name, value] of Object.entries(isJsonObject(given) ? given : {})) {
    const reason = answerHeaderFault(name);
    if (reason !== undefined) throw fault(`headers.${name}`, `${reason}.`);
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (!isHeaderValue(text)) {
      throw fault(`headers.${name}`, "a header can't carry line breaks or characters outside Latin-1.");
    }
    headers[name.toLowerCase()] = text.trim();
  }
  if (contentType !== undefined) headers["content-type"] ??= contentType;
  return headers;
}

const fault = (field: string, message: string, advice?: string): Failure =>
  new Failure("mapping_failed", `${field}: ${message}`, { field, ...(advice === undefined ? {} : { advice }) });
