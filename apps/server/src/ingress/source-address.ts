import type { IncomingMessage } from "node:http";

/** The sender's address: the one that the outermost trusted proxy saw, or the socket's where no proxy is trusted. */
export function sourceAddress(request: IncomingMessage, trustedProxies: number): string | null {
  const socketAddress = request.socket.remoteAddress?.replace(/^::ffff:/, "") ?? null;
  if (trustedProxies === 0) return socketAddress;
  const forwarded = request.headers["x-forwarded-for"];
  const hops = (Array.isArray(forwarded) ? forwarded.join(",") : (forwarded ?? "")).split(",").map((hop) => hop.trim());
  return hops.at(-trustedProxies) || socketAddress;
}
