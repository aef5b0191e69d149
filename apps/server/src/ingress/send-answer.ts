import type { ServerResponse } from "node:http";
import type { Answer } from "@millrace/engine";
import { answerAndLinger, hasLongRest } from "./linger.ts";

/** RFC 9457. */
export function problem(status: number, code: string, detail: string): Answer {
  return { status, body: JSON.stringify({ type: `urn:millrace:${code}`, status, code, detail }) };
}

/** An answer whose head is made. */
export type ReadyAnswer = { status: number; head: string[]; body: string };

/** False if the sender had hung up already. */
export const send = (response: ServerResponse, answer: Answer, headers: Record<string, string> = {}): boolean =>
  sendReady(response, readyAnswer(answer, headers));

/** `headers` go before our own of the same (lower-case) name. */
export function readyAnswer({ status, body }: Answer, headers: Record<string, string>): ReadyAnswer {
  const hasBody = status !== 204 && status !== 304;
  const head: Record<string, string> = {
    "x-content-type-options": "nosniff",
    ...(body === "" ? {} : { "content-type": status >= 400 ? "application/problem+json" : "application/json" }),
    ...(hasBody ? { "content-length": String(Buffer.byteLength(body)) } : {}),
    ...headers,
  };
  return { status, head: Object.entries(head).flat(), body };
}

/** False if the sender had hung up already. */
export function sendReady(response: ServerResponse, { status, head, body }: ReadyAnswer): boolean {
  if (response.headersSent || response.destroyed) return false;
  if (hasLongRest(response.req)) {
    response.writeHead(status, [...head, "connection", "close"]);
    answerAndLinger(response, body);
  } else {
    response.writeHead(status, head);
    response.req.resume();
    response.end(body);
  }
  return true;
}
