import ipaddr from "ipaddr.js";

/** Ranges that ipaddr.js counts as unicast, or that reach private hosts by translation, beyond its own classes. */
const extraRanges = [
  ["::/96", "an IPv4-compatible address"],
  ["64:ff9b::/96", "a NAT64 address"],
  ["64:ff9b:1::/48", "a NAT64 address"],
  ["2002::/16", "a 6to4 address"],
  ["2001::/32", "a Teredo address"],
  ["fec0::/10", "a site-local address"],
  ["100.64.0.0/10", "a carrier-grade NAT address"],
  ["192.0.0.0/24", "a protocol-assignment address"],
  ["198.18.0.0/15", "a benchmarking address"],
  ["240.0.0.0/4", "a reserved address"],
  // Azure answers platform metadata here, on an address that is otherwise public.
  ["168.63.129.16/32", "a cloud metadata address"],
] as const;

const rangeNames: Record<string, string> = {
  loopback: "a loopback address",
  private: "a private address",
  linkLocal: "a link-local address",
  uniqueLocal: "a private address",
  unspecified: "the unspecified address",
  carrierGradeNat: "a carrier-grade NAT address",
  multicast: "a multicast address",
  broadcast: "a broadcast address",
  rfc6052: "a NAT64 address",
  "6to4": "a 6to4 address",
  teredo: "a Teredo address",
};

export type Cidr = ReturnType<typeof ipaddr.parseCIDR>;

export function parseCidr(text: string): Cidr | undefined {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

export function isInside(address: string, ranges: readonly Cidr[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return ranges.some((range) => parsed.kind() === range[0].kind() && parsed.match(range));
}

/** Why this address may not be reached, such as `a loopback address`; undefined for a public unicast address. */
export function blockReason(address: string, alsoDenied: readonly Cidr[] = []): string | undefined {
  if (!ipaddr.isValid(address)) return "not an address";
  const parsed = ipaddr.process(address);
  const range: string = parsed.range();
  if (range !== "unicast") return rangeNames[range] ?? "a reserved address";
  for (const [cidr, reason] of extraRanges) {
    if (isInside(address, [ipaddr.parseCIDR(cidr)])) return reason;
  }
  // Only 2000::/3 is assigned for global unicast (RFC 4291 and IANA's registry).
  if (parsed.kind() === "ipv6" && !isInside(address, [ipaddr.parseCIDR("2000::/3")])) return "a reserved address";
  if (isInside(address, alsoDenied)) return "an address the operator denied";
  return undefined;
}
