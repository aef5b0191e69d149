import { openEvent } from "@millrace/automation";
import type { Json } from "@millrace/base";
import type { BodyView, EventView, Samples } from "@millrace/contract";
import type { RunEvent } from "@millrace/engine";
import { isSecretName } from "@millrace/vault";

/** Larger bodies are described, not shown: a page that holds several of them would not open. */
const shownBytes = 1_048_576;
const redacted = "[redacted]";

export function presentEvent(event: RunEvent): EventView {
  return {
    id: event.id,
    method: event.method,
    query: [...new URLSearchParams(event.query)].map(([name, value]) => withoutSecret(name, value)),
    headers: event.headers.map(([name, value]) => withoutSecret(name, value)),
    contentType: event.contentType,
    sizeBytes: event.body.byteLength,
    body: presentBody(event),
    receivedAt: event.receivedAt.toISOString(),
  };
}

/** The event as expressions see it, for the editor's preview; its secrets are not needed for that. */
export function presentSampleTrigger(event: RunEvent): Samples["triggers"][number]["trigger"] {
  const { trigger } = openEvent(event);
  return { ...trigger, headers: redactValues(trigger.headers), query: redactValues(trigger.query) };
}

function presentBody(event: RunEvent): BodyView {
  if (event.body.byteLength > shownBytes) return { kind: "tooLarge", limitBytes: shownBytes };
  const { trigger, bodyKind, findings, malformed } = openEvent(event);
  const { body } = trigger;
  switch (bodyKind) {
    case "empty":
      return { kind: "empty" };
    case "json":
      return { kind: "json", value: body, findings };
    case "form":
    case "multipart":
      return { kind: bodyKind, value: body };
    case "text":
      return { kind: "text", text: String(body), malformed: malformed ?? null };
    case "binary":
      return { kind: "binary", base64: String(body), malformed: malformed ?? null };
  }
}

/** A header or parameter as it can be shown. */
export function withoutSecret(name: string, value: string): { name: string; value: string } {
  return { name, value: isSecretName(name) ? redacted : value };
}

function redactValues(values: Record<string, Json>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, isSecretName(name) ? redacted : value]),
  );
}
