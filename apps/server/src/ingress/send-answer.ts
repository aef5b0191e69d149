import type { Answer } from "@millrace/engine";
import type { Exchange } from "./exchange.ts";

/** RFC 9457. */
export function problem(status: number, code: string, detail: string): Answer {
  return { status, body: JSON.stringify({ type: `urn:millrace:${code}`, status, code, detail }) };
}

/** An answer whose head is made: names and values in turn. */
export type ReadyAnswer = { status: number; head: string[]; body: string };

/** False if the sender had hung up already. */
export const send = (exchange: Exchange, answer: Answer, headers: Record<string, string> = {}): boolean =>
  exchange.answer(readyAnswer(answer, headers));

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
