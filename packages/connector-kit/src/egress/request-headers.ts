import { Failure } from "@millrace/base";

/** Headers that belong to the connection, not to the request (RFC 9110 §7.6.1), and those that decide where it goes. */
const connectionHeaders = new Set([
  "host",
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "content-length",
  "expect",
  "accept-encoding",
]);

const namePattern = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;
const valuePattern = /^[\t\x20-\x7e\x80-\xff]*$/;

export function isConnectionHeader(name: string): boolean {
  return connectionHeaders.has(name.toLowerCase());
}

/** Why HTTP has no room for this header, or undefined. Says nothing of the value, which may be a secret. */
export function headerFault(name: string, value: string): string | undefined {
  if (!namePattern.test(name)) return "is not a header name";
  if (!valuePattern.test(value)) return "holds a line break or a character that headers cannot carry";
  return undefined;
}

/** Checks names and values, and adds what every request of ours says. */
export function prepareHeaders(given: Record<string, string>, userAgent: string): Record<string, string> {
  const headers: Record<string, string> = { "user-agent": userAgent, accept: "*/*" };
  for (const [name, value] of Object.entries(given)) {
    const lower = name.toLowerCase();
    const fault = headerFault(name, value);
    if (fault) throw new Failure("invalid_input", `The header "${name.slice(0, 80)}" ${fault}.`, { field: "headers" });
    if (lower === "content-length" || lower === "accept-encoding") continue; // ours to say
    if (connectionHeaders.has(lower)) {
      throw new Failure("invalid_input", `The header "${name}" cannot be set.`, { field: "headers" });
    }
    headers[lower] = value;
  }
  headers["accept-encoding"] = "gzip, deflate";
  return headers;
}
