import { randomBytes } from "node:crypto";
import type { StubReply } from "../stub-server.ts";

/** What the service says for each status when a test asks for no other text. */
const usual: Record<number, [type: string, message: string]> = {
  400: ["invalid_request_error", "messages: at least one message is required"],
  401: ["authentication_error", "invalid x-api-key"],
  402: ["billing_error", "Your organization has reached its spend limit. Please check your billing settings."],
  403: ["permission_error", "Your API key does not have permission to use the specified resource."],
  404: ["not_found_error", "Not found"],
  413: ["request_too_large", "Request exceeds the maximum size"],
  429: ["rate_limit_error", "This request would exceed your organization's rate limit of 50 requests per minute."],
  500: ["api_error", "Internal server error"],
  529: ["overloaded_error", "Overloaded"],
};

export function requestId(): string {
  return `req_${randomBytes(12).toString("hex")}`;
}

/** An error answer in the service's own shape, with its request id in the header and in the body. */
export function errorReply(
  status: number,
  { type, message, headers = {} }: { type?: string; message?: string; headers?: Record<string, string> } = {},
): StubReply {
  const [usualType, usualMessage] = usual[status] ?? ["api_error", `Status ${status}`];
  const id = requestId();
  return {
    status,
    headers: { "request-id": id, ...headers },
    json: { type: "error", error: { type: type ?? usualType, message: message ?? usualMessage }, request_id: id },
  };
}
