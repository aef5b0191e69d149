import type { ReceivedEvent } from "@millrace/automation";
import type { Exchange } from "./exchange.ts";

/** Path and query of a request's target. */
export function splitTarget(target: string): [path: string, query: string] {
  const mark = target.indexOf("?");
  return mark === -1 ? [target, ""] : [target.slice(0, mark), target.slice(mark + 1)];
}

export function receivedEvent(
  { method, headers, rawHeaders }: Exchange,
  query: string,
  body: Uint8Array,
  receivedAt: Date,
): ReceivedEvent {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    pairs.push([rawHeaders[index] ?? "", rawHeaders[index + 1] ?? ""]);
  }
  return { method, query, headers: pairs, contentType: headers["content-type"] ?? null, body, receivedAt };
}
