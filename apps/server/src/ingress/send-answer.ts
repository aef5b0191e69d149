import type { ServerResponse } from "node:http";
import type { Answer } from "@millrace/engine";
import { answerAndLinger, hasLongRest } from "./linger.ts";

/** RFC 9457. */
export function problem(status: number, code: string, detail: string): Answer {
  return { status, body: JSON.stringify({ type: `urn:millrace:${code}`, status, code, detail }) };
}

/** False if the sender had hung up already. */
export function send(response: ServerResponse, answer: Answer, headers: Record<string, string> = {}): boolean {
  if (response.headersSent || response.destroyed) return false;
  const type = answer.status >= 400 ? "application/problem+json" : "application/json";
  const isCut = hasLongRest(response.req);
  const hasBody = answer.status !== 204 && answer.status !== 304;
  response.writeHead(answer.status, {
    ...(answer.body === "" ? {} : { "content-type": type }),
    ...(hasBody ? { "content-length": Buffer.byteLength(answer.body) } : {}),
    "x-content-type-options": "nosniff",
    ...(isCut ? { connection: "close" } : {}),
    ...headers,
  });
  if (isCut) answerAndLinger(response, answer.body);
  else {
    response.req.resume();
    response.end(answer.body);
  }
  return true;
}
