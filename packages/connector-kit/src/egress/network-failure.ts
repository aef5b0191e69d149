import { Failure } from "@millrace/base";

const reasons: Record<string, string> = {
  ENOTFOUND: "its name has no address",
  EAI_AGAIN: "its name could not be looked up",
  ECONNREFUSED: "it refused the connection",
  ECONNRESET: "it closed the connection",
  EPIPE: "it closed the connection",
  UND_ERR_SOCKET: "it closed the connection before it answered",
  EHOSTUNREACH: "there is no route to it",
  ENETUNREACH: "there is no route to it",
  ETIMEDOUT: "the connection was not accepted in time",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "its answer was cut off",
};

const timeouts: Record<string, string> = {
  UND_ERR_CONNECT_TIMEOUT: "did not accept a connection in time",
  UND_ERR_HEADERS_TIMEOUT: "did not answer in time",
  UND_ERR_BODY_TIMEOUT: "stopped sending in the middle of its answer",
};

/** Turns what a socket or the HTTP parser reports into a failure. Names the host and nothing else of the request. */
export function networkFailure(error: Error, host: string): Failure {
  if (error instanceof Failure) return error;
  const code = codeOf(error);
  const facts = { host, ...(code === undefined ? {} : { code }) };
  const timeout = code === undefined ? undefined : timeouts[code];
  if (timeout) return new Failure("timeout", `${host} ${timeout}.`, { facts, cause: error });
  if (code === "UND_ERR_INVALID_ARG") {
    return new Failure("invalid_input", "The request holds a method, header or address that HTTP does not allow.", {
      facts,
      cause: error,
    });
  }
  if (code?.startsWith("HPE_") || code === "UND_ERR_HEADERS_OVERFLOW") {
    return new Failure("provider_unavailable", `${host} answered with something that is not HTTP.`, {
      facts,
      cause: error,
    });
  }
  if (
    code?.includes("CERT") ||
    code?.startsWith("ERR_TLS") ||
    code === "ERR_SSL_WRONG_VERSION_NUMBER" ||
    code === "EPROTO"
  ) {
    return new Failure("provider_unavailable", `No secure connection to ${host} could be made.`, {
      advice: "Its certificate is not trusted, has expired or belongs to another name, or the port does not speak TLS.",
      facts,
      cause: error,
    });
  }
  const reason = (code === undefined ? undefined : reasons[code]) ?? "the connection failed";
  return new Failure("provider_unavailable", `${host} could not be reached: ${reason}.`, { facts, cause: error });
}

function codeOf(error: Error): string | undefined {
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}
