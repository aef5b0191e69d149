import type { IncomingMessage } from "node:http";
import type { ReceivedEvent } from "@millrace/automation";

/** Path and query of a request's target. */
export function splitTarget(target: string): [path: string, query: string] {
  const mark = target.indexOf("?");
  return mark === -1 ? [target, ""] : [target.slice(0, mark), target.slice(mark + 1)];
}

export function receivedEvent(
  request: IncomingMessage,
  query: string,
  body: Uint8Array,
  receivedAt: Date,
): ReceivedEvent {
  const headers: [string, string][] = [];
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    headers.push([request.rawHeaders[index] ?? "", request.rawHeaders[index + 1] ?? ""]);
  }
  const contentType = request.headers["content-type"] ?? null;
  return { method: request.method ?? "POST", query, headers, contentType, body, receivedAt };
}
