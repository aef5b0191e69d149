import type { ReceivedEvent } from "@millrace/automation";
import { redactSecretPlaces, type SecretPlaces } from "@millrace/webhooks";
import type { Exchange } from "./exchange.ts";

/** Path and query of a request's target. */
export function splitTarget(target: string): [path: string, query: string] {
  const mark = target.indexOf("?");
  return mark === -1 ? [target, ""] : [target.slice(0, mark), target.slice(mark + 1)];
}

/** As it is recorded: without the secrets that the trigger's verification expects in `places`. */
export function receivedEvent(
  exchange: Exchange,
  query: string,
  body: Uint8Array,
  receivedAt: Date,
  places: SecretPlaces | undefined,
): ReceivedEvent {
  const { method, headers } = exchange;
  const sent = { query, headers: headerPairs(exchange) };
  const kept = places === undefined ? sent : redactSecretPlaces(sent, places);
  return { method, ...kept, contentType: headers["content-type"] ?? null, body, receivedAt };
}

/** As they were sent. */
export function headerPairs({ rawHeaders }: Exchange): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    pairs.push([rawHeaders[index] ?? "", rawHeaders[index + 1] ?? ""]);
  }
  return pairs;
}
