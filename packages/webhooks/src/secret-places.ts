import { presets } from "@millrace/automation";
import type { SchemeChoice } from "./verify.ts";

/** Where requests carry a secret itself, in lower-case names of headers and in names of query parameters. */
export type SecretPlaces = { headers: readonly string[]; parameters: readonly string[] };

/**
 * Where senders present what is stored here, or a token that proves as much, as it is: what is kept of such a request must
 * not hold it. Undefined where requests carry nothing but signatures, which are good for one request.
 */
export function secretPlaces(choice: SchemeChoice): SecretPlaces | undefined {
  if ("preset" in choice) {
    const handshakes = choice.preset === "none" ? [] : presets[choice.preset].handshakes;
    const parameters = handshakes.flatMap((rule) => (rule.kind === "verifyToken" ? [rule.token] : []));
    return parameters.length === 0 ? undefined : { headers: [], parameters };
  }
  const { scheme } = choice;
  switch (scheme.scheme) {
    case "header":
      return inHeader(scheme.header);
    case "basic":
    case "bearer":
      return inHeader("authorization");
    case "jwt":
      return inHeader(scheme.header ?? "authorization");
    default:
      return undefined;
  }
}

const inHeader = (name: string): SecretPlaces => ({ headers: [name.toLowerCase()], parameters: [] });

type Presented = { headers: readonly (readonly [name: string, value: string])[]; query: string };

const redacted = "[redacted]";

/** The same headers and query with the values in these places blanked out, however often they are there. */
export function redactSecretPlaces({ headers, query }: Presented, places: SecretPlaces): Presented {
  return {
    headers: headers.map(([name, value]) => [name, places.headers.includes(name.toLowerCase()) ? redacted : value]),
    query: places.parameters.length === 0 ? query : query.split("&").map(redactParameter).join("&"),
  };

  function redactParameter(pair: string): string {
    const [name = ""] = new URLSearchParams(pair).keys();
    return places.parameters.includes(name) ? `${pair.split("=", 1)[0]}=${redacted}` : pair;
  }
}
