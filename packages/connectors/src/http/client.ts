import { Failure } from "@millrace/base";
import type { CheckContext, Egress, EgressRequest, EgressResponse } from "@millrace/connector-kit";
import type { Placement } from "./placement.ts";
import { statusFailure } from "./status-failure.ts";

type Bound = { placement: Placement; origins: readonly string[] };

/** Sends a request with the connection's credential in its place, where there is a connection. */
export function createHttpClient(http: Egress, bound: Bound | undefined) {
  async function send(request: EgressRequest & { url: URL; headers: Record<string, string> }): Promise<EgressResponse> {
    if (!bound) return http.fetch(request);
    const { placement, origins } = bound;
    if (!origins.includes(request.url.origin)) {
      throw new Failure("invalid_input", `This connection may not be used with ${request.url.origin}.`, {
        field: "url",
        advice: `It allows ${origins.join(", ")}. Use another connection, or add the origin on the connection's page.`,
      });
    }
    const url = new URL(request.url);
    for (const [name, value] of Object.entries(placement.query)) url.searchParams.set(name, value);
    const answer = await http.fetch({ ...request, url, headers: { ...request.headers, ...placement.headers } });
    return { ...answer, url: withoutParameters(answer.url, Object.keys(placement.query)) };
  }

  return {
    send,
    /** Whether the first origin answers and does not refuse the credential. */
    async probe({ signal, timeoutMs }: CheckContext): Promise<{ account: string }> {
      const url = new URL(bound?.origins[0] ?? "");
      const answer = await send({ url, headers: {}, signal, timeoutMs });
      if (answer.status === 401 || answer.status === 403 || answer.status >= 500)
        throw statusFailure(answer, undefined);
      return { account: url.host };
    },
  };
}

/** The answer's address is kept in the run's history, so it must not carry the credential. */
function withoutParameters(address: string, names: readonly string[]): string {
  if (names.length === 0) return address;
  const url = new URL(address);
  for (const name of names) url.searchParams.delete(name);
  return url.href;
}
