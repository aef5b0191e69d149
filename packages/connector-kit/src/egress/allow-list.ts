import { isIP } from "node:net";
import { ConfigError } from "@millrace/base";
import { type Cidr, isInside, parseCidr } from "./address-policy.ts";

type HostRule = { hostname: string; port: number | undefined };

/** What the operator opened besides public addresses. */
export type AllowList = {
  /** This host and port stand in the list by name or as a literal address. */
  allowsHost(hostname: string, port: number): boolean;
  /** The list names this very port of this host, so the port deny-list does not apply. */
  namesPort(hostname: string, port: number): boolean;
  /** The address lies in a listed range, on any port. */
  allowsAddress(address: string): boolean;
};

/** Parses entries such as `127.0.0.1/32`, `10.0.0.5`, `localhost:8080`, `gateway.corp.example`, `[::1]:4000`. */
export function parseAllowList(entries: readonly string[]): AllowList {
  const ranges: Cidr[] = [];
  const hosts: HostRule[] = [];
  for (const entry of entries.map((text) => text.trim()).filter((text) => text !== "")) {
    const range = parseCidr(entry);
    if (range) ranges.push(range);
    else hosts.push(parseHostRule(entry));
  }
  const namesPort = (hostname: string, port: number) =>
    hosts.some((rule) => rule.hostname === bareHostname(hostname) && rule.port === port);
  return {
    namesPort,
    allowsHost: (hostname, port) =>
      namesPort(hostname, port) ||
      hosts.some((rule) => rule.hostname === bareHostname(hostname) && rule.port === undefined) ||
      isInside(bareHostname(hostname), ranges),
    allowsAddress: (address) => isInside(address, ranges),
  };
}

/** A URL's hostname without the brackets of IPv6 and without the root dot. */
export function bareHostname(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}

function parseHostRule(entry: string): HostRule {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(\d{1,5}))?$/i.exec(entry);
  const hostname = bareHostname(match?.[1] ?? "");
  const port = match?.[2] === undefined ? undefined : Number(match[2]);
  const isBadPort = port !== undefined && (port < 1 || port > 65_535);
  const isBadAddress = match?.[1]?.startsWith("[") === true && isIP(hostname) !== 6;
  if (hostname === "" || isBadPort || isBadAddress) {
    throw new ConfigError(
      `EGRESS_ALLOW: "${entry}" is neither an address range nor a host. Example: EGRESS_ALLOW=127.0.0.1/32,localhost:8080`,
    );
  }
  return { hostname, port };
}
