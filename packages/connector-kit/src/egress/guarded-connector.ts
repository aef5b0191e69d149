import { lookup as dnsLookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { buildConnector } from "undici";
import { blockReason, type Cidr } from "./address-policy.ts";
import { type AllowList, bareHostname } from "./allow-list.ts";
import { blocked } from "./url-policy.ts";

export type ResolvedAddress = { address: string; family: number };
/** Every address of a name. */
export type Resolve = (hostname: string) => Promise<ResolvedAddress[]>;

export const systemResolve: Resolve = (hostname) => dnsLookup(hostname, { all: true, verbatim: true });

/** Carries a refusal through the socket's error path to where the port is known. */
class RefusedAddress extends Error {
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.name = "RefusedAddress";
    this.reason = reason;
  }
}

export type ConnectorOptions = {
  allow: AllowList;
  denied: readonly Cidr[];
  resolve: Resolve;
  connectTimeoutMs: number;
};

/**
 * Opens sockets only to addresses that may be reached. The check happens on the very addresses the socket is given,
 * so a name that changes its answer between check and use gains nothing.
 */
export function guardedConnector({
  allow,
  denied,
  resolve,
  connectTimeoutMs,
}: ConnectorOptions): buildConnector.connector {
  const reasonAgainst = (address: string) => (allow.allowsAddress(address) ? undefined : blockReason(address, denied));
  const open = buildConnector({ timeout: connectTimeoutMs, lookup: lookupWith(resolve, () => undefined) });
  const guarded = buildConnector({ timeout: connectTimeoutMs, lookup: lookupWith(resolve, reasonAgainst) });

  return (options, callback) => {
    const hostname = bareHostname(options.hostname);
    const port = Number(options.port || (options.protocol === "https:" ? 443 : 80));
    if (allow.allowsHost(hostname, port)) return open(options, callback);

    // Node asks no lookup about literal addresses, so they are checked here.
    const reason = isIP(hostname) === 0 ? undefined : reasonAgainst(hostname);
    if (reason) return callback(blocked(hostname, port, `it is ${reason}`), null);

    guarded(options, (...[error, socket]) => {
      if (error instanceof RefusedAddress) return callback(blocked(hostname, port, error.reason), null);
      if (error) return callback(error, null);
      const remote = socket.remoteAddress;
      const remoteReason = remote === undefined ? "a closed connection" : reasonAgainst(remote);
      if (remoteReason === undefined) return callback(null, socket);
      socket.destroy();
      callback(blocked(hostname, port, `it leads to ${remoteReason}`), null);
    });
  };
}

function lookupWith(resolve: Resolve, reasonAgainst: (address: string) => string | undefined): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const first = addresses[0];
        if (!first) return callback(Object.assign(new Error("no address"), { code: "ENOTFOUND" }), "", 0);
        // One bad address is enough: a mixed answer is how a name is made to pass a check and then miss it.
        for (const { address } of addresses) {
          const reason = reasonAgainst(address);
          if (reason) return callback(new RefusedAddress(`its name leads to ${reason}`), "", 0);
        }
        if (options.all) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, "", 0),
    );
  };
}
