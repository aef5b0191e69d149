import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseUnreachable } from "@millrace/db";

export type Patience = {
  /** No new attempt begins after it; 0: there is one attempt. */
  limitMs: number;
  pauseMs?: number;
  /** Called once, before the first pause. */
  onWait(error: DatabaseUnreachable): void;
};

/**
 * Opens what needs the database, again and again while the database is not there yet: whatever starts everything at once
 * starts us before it. Throws at once what waiting can't mend, such as a wrong password.
 */
export async function awaitDatabase<Opened>(
  open: () => Promise<Opened>,
  { limitMs, pauseMs = 500, onWait }: Patience,
): Promise<Opened> {
  const startedAt = performance.now();
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof DatabaseUnreachable) || !mayPass(error.cause)) throw error;
      if (performance.now() - startedAt + pauseMs > limitMs) throw error;
      if (isFirst) onWait(error);
    }
    await sleep(pauseMs);
  }
}

const passingNetworkErrors: ReadonlySet<string> = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "EHOSTDOWN", "ENETUNREACH"],
  // A name that is made together with its host; the socket file of a server on this machine.
  ...["ENOTFOUND", "EAI_AGAIN", "ENOENT"],
]);
/** https://www.postgresql.org/docs/current/errcodes-appendix.html: connections, no session left, a server that starts or stops. */
const passingStates = /^(08...|53300|57P0[123])$/;

function mayPass(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
  if (code !== undefined) return passingNetworkErrors.has(code) || passingStates.test(code);
  // What pg says, without a code, of a server that is silent or hangs up.
  return /timeout|connection terminated/i.test(cause.message);
}
