import { Failure } from "@millrace/base";
import type { Connector } from "./connector.ts";
import type { Credential } from "./credential-fields.ts";
import type { Egress } from "./egress/egress.ts";
import { guardedCall } from "./guarded-call.ts";

export type ConnectionVerdict = { ok: true; account?: string } | { ok: false; failure: Failure };

/** Tries a credential on its service. A refusal is an answer here, not an exception. */
export async function checkConnection(
  connector: Connector,
  credential: Credential,
  http: Egress,
  { signal, timeoutMs = 15_000 }: { signal?: AbortSignal; timeoutMs?: number } = {},
): Promise<ConnectionVerdict> {
  const { connection } = connector;
  if (!connection) {
    return { ok: false, failure: new Failure("invalid_input", `${connector.title} has no connections.`) };
  }
  try {
    const result = await guardedCall({
      connection,
      credential,
      http,
      signal,
      timeoutMs,
      call: (context) => connection.check(credential, context.http, { signal: context.signal, timeoutMs }),
    });
    return { ok: true, ...result };
  } catch (error) {
    if (error instanceof Failure) return { ok: false, failure: error };
    throw error;
  }
}
