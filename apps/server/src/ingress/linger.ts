import type { IncomingMessage, ServerResponse } from "node:http";

const shortBytes = 65_536;
const lingerMs = 1_000;
const lingerBytes = 8 * 1_048_576;

/** Whether a sender may still be sending more than is worth waiting for. */
export function hasLongRest(request: IncomingMessage): boolean {
  if (request.complete) return false;
  if (request.headers["transfer-encoding"] !== undefined) return true;
  return Number(request.headers["content-length"] ?? 0) > shortBytes;
}

/**
 * Sends the answer and closes the connection a little later: closed with bytes unread it would be reset, and the sender
 * would lose the answer (RFC 9112 section 9.6). The head must say how long the body is, and `connection: close`.
 */
export function answerAndLinger(response: ServerResponse, body: string): void {
  const request = response.req;
  let read = 0;
  const timer = setTimeout(finish, lingerMs);
  function finish(): void {
    clearTimeout(timer);
    request.off("end", finish).off("close", finish).off("data", onData);
    if (!response.writableEnded) response.end();
  }
  function onData(chunk: Buffer): void {
    read += chunk.length;
    if (read > lingerBytes) finish();
  }
  response.write(body);
  request.on("end", finish).on("close", finish).on("data", onData).resume();
}
