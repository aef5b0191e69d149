import { Failure } from "@millrace/base";
import { portOf } from "./url-policy.ts";

export const redirectLimit = 3;

export type Hop = { url: URL; method: string; headers: Record<string, string>; body: string | Uint8Array | undefined };

/** What may follow a redirect to another origin. Any other header might be a credential under a name of its own. */
const harmlessHeaders = new Set(["accept", "accept-encoding", "accept-language", "user-agent"]);
const bodyHeaders = new Set(["content-type", "content-encoding", "content-language"]);

export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** The request that a redirect asks for, by the rules of RFC 9110 §15.4 and stricter ones of ours about origins. */
export function nextHop(hop: Hop, status: number, location: string): Hop {
  const url = resolveLocation(location, hop.url);
  if (hop.url.protocol === "https:" && url.protocol === "http:") {
    throw refused(url, "the redirect leads from https to http");
  }
  const isSameOrigin = url.origin === hop.url.origin;
  const keepsMethod =
    status === 307 ||
    status === 308 ||
    hop.method === "GET" ||
    hop.method === "HEAD" ||
    (status !== 303 && hop.method !== "POST");
  const isReading = hop.method === "GET" || hop.method === "HEAD";
  if (keepsMethod && !isSameOrigin && (!isReading || hop.body !== undefined)) {
    throw refused(url, "the redirect would send the request's content to another host");
  }
  const method = keepsMethod ? hop.method : "GET";
  const body = keepsMethod ? hop.body : undefined;
  const headers = Object.fromEntries(
    Object.entries(hop.headers).filter(([name]) => {
      const lower = name.toLowerCase();
      if (!keepsMethod && bodyHeaders.has(lower)) return false;
      return isSameOrigin || harmlessHeaders.has(lower);
    }),
  );
  return { url, method, headers, body };
}

export function tooManyRedirects(url: URL): Failure {
  return refused(url, `more than ${redirectLimit} redirects`);
}

function resolveLocation(location: string, base: URL): URL {
  try {
    return new URL(location, base);
  } catch {
    throw refused(base, "the redirect names no usable address");
  }
}

function refused(url: URL, reason: string): Failure {
  const host = `${url.hostname}:${portOf(url)}`;
  return new Failure("egress_blocked", `A redirect to ${host} was not followed: ${reason}.`, {
    advice: "Ask the final address directly, or turn off following redirects and read the answer's location header.",
    facts: { host, reason },
  });
}
