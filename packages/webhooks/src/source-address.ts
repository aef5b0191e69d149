import ipaddr from "ipaddr.js";
import { type Rejection, reject } from "./rejection.ts";

/** Why a sender's address is not allowed. An entry that is no range, or an address we don't know, allows nothing. */
export function sourceFault(sourceIp: string | null, allowFrom: readonly string[]): Rejection | undefined {
  if (sourceIp === null || !ipaddr.isValid(sourceIp))
    return reject("source_not_allowed", "The sender's address is not known, and only listed addresses are allowed.");
  const address = ipaddr.process(sourceIp);
  const isAllowed = allowFrom.some((entry) => {
    const range = parseRange(entry);
    return range !== undefined && range[0].kind() === address.kind() && address.match(range);
  });
  if (isAllowed) return undefined;
  const count = allowFrom.length === 1 ? "the allowed range" : `any of the ${allowFrom.length} allowed ranges`;
  return reject("source_not_allowed", `The sender's address ${address.toString()} is not in ${count}.`);
}

function parseRange(entry: string): ReturnType<typeof ipaddr.parseCIDR> | undefined {
  if (ipaddr.isValidCIDR(entry)) return ipaddr.parseCIDR(entry);
  if (!ipaddr.isValid(entry)) return undefined;
  const address = ipaddr.process(entry);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}
