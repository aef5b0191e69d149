import type { Exchange } from "./exchange.ts";

/** The sender's address: the one that the outermost trusted proxy saw, or the socket's where no proxy is trusted. */
export function sourceAddress({ remoteAddress, headers }: Exchange, trustedProxies: number): string | null {
  const socketAddress = remoteAddress?.replace(/^::ffff:/, "") ?? null;
  if (trustedProxies === 0) return socketAddress;
  const forwarded = headers["x-forwarded-for"];
  const hops = (Array.isArray(forwarded) ? forwarded.join(",") : (forwarded ?? "")).split(",").map((hop) => hop.trim());
  return hops.at(-trustedProxies) || socketAddress;
}
