import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { answerAndLinger, hasLongRest } from "./linger.ts";
import { type BodyLimits, type BodyRead, readBody } from "./read-body.ts";
import type { ReadyAnswer } from "./send-answer.ts";

/** One request and its answer, whoever read it from the connection. */
export interface Exchange {
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly target: string;
  /** As `IncomingMessage.headers` of node:http. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[];
  readonly remoteAddress: string | undefined;
  /** As it was sent, still packed. Rejects with OutOfRoom and nothing else. */
  readBody(limits: BodyLimits): Promise<BodyRead>;
  /** False if the sender had hung up or was answered already. */
  answer(answer: ReadyAnswer): boolean;
  /** Called once, when the answer is out or the sender has hung up without one. */
  onceClosed(listener: (wasAnswered: boolean) => void): void;
}

/** Where requests to webhook URLs end up. */
export type Ingress = {
  /** The answer for whoever comes while there is no room, so that he costs next to nothing; undefined lets the next one in. */
  turnAway(): ReadyAnswer | undefined;
  receive(exchange: Exchange): void;
};

/** All that becomes of a request that may have to be turned away. */
export function admit(ingress: Ingress, exchange: Exchange): void {
  const refusal = ingress.turnAway();
  if (refusal) exchange.answer(refusal);
  else ingress.receive(exchange);
}

export function nodeExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  return {
    method: request.method ?? "",
    target: request.url ?? "",
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    remoteAddress: request.socket.remoteAddress,
    readBody: (limits) => readBody(request, limits),
    answer({ status, head, body }) {
      if (response.headersSent || response.destroyed) return false;
      if (hasLongRest(request)) {
        response.writeHead(status, [...head, "connection", "close"]);
        answerAndLinger(response, body);
      } else {
        response.writeHead(status, head);
        request.resume();
        response.end(body);
      }
      return true;
    },
    onceClosed(listener) {
      if (response.destroyed) listener(response.writableFinished);
      else response.once("close", () => listener(response.writableFinished));
    },
  };
}
