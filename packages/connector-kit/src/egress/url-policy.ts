import { isIP } from "node:net";
import { Failure } from "@millrace/base";
import { blockReason, type Cidr } from "./address-policy.ts";
import { type AllowList, bareHostname } from "./allow-list.ts";

/** Ports above 1023 that speak something else than HTTP and could be driven by a crafted request. */
const deniedPorts = new Set([
  1433, 1521, 2049, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 4369, 5432, 5433, 5672, 5900, 5984, 6000, 6379, 6380,
  6443, 6665, 6666, 6667, 6668, 6669, 7001, 9042, 9092, 9200, 9300, 10250, 10255, 11211, 15672, 26379, 27017, 27018,
  50070,
]);

const deniedNames = ["localhost", "local", "internal", "localdomain", "home.arpa"];

export function portOf(url: URL): number {
  if (url.port !== "") return Number(url.port);
  return url.protocol === "https:" ? 443 : 80;
}

/** A blocked request: says which host, why, and what the operator can do. Never the path or query, which may hold secrets. */
export function blocked(hostname: string, port: number, reason: string): Failure {
  const host = `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  return new Failure("egress_blocked", `The request to ${host} was blocked: ${reason}.`, {
    advice: `Requests may only reach public addresses. If this host is meant, ask the operator to add ${host} to EGRESS_ALLOW.`,
    facts: { host, reason },
  });
}

/** Parses an address and refuses what must never be asked, before any name is resolved. */
export function checkUrl(input: string | URL, allow: AllowList, denied: readonly Cidr[]): URL {
  const url = parseUrl(input);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new Failure("invalid_input", `The URL must start with https:// or http://, not ${url.protocol}`, {
      field: "url",
    });
  }
  if (url.username !== "" || url.password !== "") {
    throw new Failure("invalid_input", "The URL must not hold a user name or password.", {
      field: "url",
      advice: "Put the credential into a connection instead.",
    });
  }
  const hostname = bareHostname(url.hostname);
  const port = portOf(url);
  if (!allow.namesPort(hostname, port) && isDeniedPort(port))
    throw blocked(hostname, port, `port ${port} is not a web port`);
  if (allow.allowsHost(hostname, port)) return url;
  if (isIP(hostname) !== 0) {
    const reason = blockReason(hostname, denied);
    if (reason) throw blocked(hostname, port, `it is ${reason}`);
  } else if (deniedNames.some((name) => hostname === name || hostname.endsWith(`.${name}`))) {
    throw blocked(hostname, port, "the name belongs to a private network");
  }
  return url;
}

function parseUrl(input: string | URL): URL {
  try {
    return new URL(input);
  } catch {
    throw new Failure("invalid_input", "The URL is not complete.", {
      field: "url",
      advice: "Write it with scheme and host, such as https://api.example.com/items.",
    });
  }
}

function isDeniedPort(port: number): boolean {
  if (port === 80 || port === 443) return false;
  return port < 1024 || deniedPorts.has(port);
}
