import type { Socket } from "node:net";
import type { Exchange } from "./exchange.ts";
import { plainAnswer } from "./plain-answer.ts";
import type { PlainRequest } from "./plain-request.ts";
import { cutOff, outOfRoom, tooLarge } from "./read-body.ts";

export type PlainExchangeOptions = {
  /** All of the body is here. */
  isWhole: boolean;
  /** What senders are told when they are answered; undefined: the connection ends then. */
  keepAliveMs(): number | undefined;
  onAnswered(): void;
};

/** `hangUp` is to be called when the connection closes before the answer. */
export function plainExchange(
  { method, target, headers, rawHeaders, body: received }: PlainRequest,
  socket: Socket,
  { isWhole, keepAliveMs, onAnswered }: PlainExchangeOptions,
): { exchange: Exchange; hangUp(): void } {
  const listeners: ((wasAnswered: boolean) => void)[] = [];
  let isOpen = true;
  let body: Buffer | undefined = received;

  function close(wasAnswered: boolean): void {
    isOpen = false;
    for (const listener of listeners) listener(wasAnswered);
  }

  const exchange: Exchange = {
    method,
    target,
    headers,
    rawHeaders,
    get remoteAddress() {
      return socket.remoteAddress;
    },
    async readBody(limits) {
      if (Number(headers["content-length"]) > limits.bytes) return tooLarge(limits.bytes);
      const read = body;
      // Whoever asked has it now: an answer that is waited for keeps no body.
      body = undefined;
      if (!isWhole || !read) return cutOff;
      if (!limits.take(read.length)) throw outOfRoom;
      return { ok: true, body: read };
    },
    answer(answer) {
      if (!isOpen || socket.destroyed) return false;
      socket.write(plainAnswer(answer, keepAliveMs()), "latin1");
      close(true);
      onAnswered();
      return true;
    },
    onceClosed(listener) {
      if (isOpen) listeners.push(listener);
      else listener(false);
    },
  };
  return { exchange, hangUp: () => isOpen && close(false) };
}
