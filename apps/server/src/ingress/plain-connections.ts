import type { Socket } from "node:net";
import type { Ingress } from "./exchange.ts";
import { plainAnswer } from "./plain-answer.ts";
import { plainExchange } from "./plain-exchange.ts";
import { type Frame, framePlainRequest, parsePlainRequest } from "./plain-request.ts";

export type PlainConnectionsOptions = {
  ingress: Ingress;
  /** Takes a connection for good, with what came over it and was not used. */
  handOver(socket: Socket, received: Buffer): void;
  /** So long a new connection may be silent, in ms. */
  firstByteMs: number;
  /** So long one may be silent between two requests, in ms; senders are told. */
  keepAliveMs: number;
};

export type PlainConnections = {
  take(socket: Socket): void;
  /** From now on each answer is the last one of its connection. */
  sayLast(): void;
  /** Closes those that nothing is under way on. */
  closeQuiet(): void;
};

const sweepMs = 500;
/** Many senders write a head and its body one after the other; the rest of a body is waited for this long, at the least. */
const patienceMs = 250;

/**
 * Reads webhooks from their connections without node:http, where that is safe: it takes a third of the time, and the time
 * is what a flood is short of. Whatever is not a plain request goes over to node:http with its connection.
 */
export function createPlainConnections(options: PlainConnectionsOptions): PlainConnections {
  const open = new Set<PlainConnection>();
  const shared: Shared = { ...options, open, isLast: false };
  let sweeping: NodeJS.Timeout | undefined;

  function sweep(): void {
    const now = performance.now();
    for (const connection of open) connection.look(now);
    if (open.size > 0) return;
    clearInterval(sweeping);
    sweeping = undefined;
  }

  return {
    take(socket) {
      open.add(new PlainConnection(socket, shared));
      sweeping ??= setInterval(sweep, sweepMs).unref();
    },
    sayLast() {
      shared.isLast = true;
    },
    closeQuiet() {
      for (const connection of open) connection.closeIfQuiet();
    },
  };
}

type Shared = PlainConnectionsOptions & { open: Set<PlainConnection>; isLast: boolean };

const ignore = () => undefined;

class PlainConnection {
  readonly #socket: Socket;
  readonly #shared: Shared;
  /** What came and is not used: a request in part, or what was sent ahead. */
  #received: Buffer | undefined;
  /** The request that `#received` holds in part. */
  #awaited: Frame | undefined;
  #hangUp: (() => void) | undefined;
  /** The sender has not taken its last answer yet. */
  #isSending = false;
  #isUsed = false;
  #quietSince = performance.now();

  constructor(socket: Socket, shared: Shared) {
    this.#socket = socket;
    this.#shared = shared;
    socket.on("data", this.#onData).on("end", this.#onEnd).on("error", ignore).on("close", this.#onClose);
  }

  look(now: number): void {
    if (this.#hangUp) return;
    const quietMs = now - this.#quietSince;
    if (this.#received && !this.#isSending) {
      if (quietMs > patienceMs) this.#handOver(this.#received);
    } else if (quietMs > (this.#isUsed ? this.#shared.keepAliveMs : this.#shared.firstByteMs)) {
      this.#socket.destroy();
    }
  }

  closeIfQuiet(): void {
    if (!this.#hangUp && !this.#received) this.#socket.destroySoon();
  }

  readonly #onData = (chunk: Buffer): void => {
    const received = this.#received ? Buffer.concat([this.#received, chunk]) : chunk;
    const isEnough = !this.#awaited || chunk.length >= this.#awaited.missingBytes;
    if (!this.#hangUp && isEnough) {
      this.#read(received);
      return;
    }
    if (this.#awaited) this.#awaited.missingBytes -= chunk.length;
    this.#received = received;
    // No more is read ahead than came at once: it counts towards no limit on bodies.
    if (this.#hangUp) this.#socket.pause();
  };

  #read(received: Buffer): void {
    const frame = framePlainRequest(received);
    if (!frame) this.#handOver(received);
    else if (frame.missingBytes === 0) this.#admit(received, frame);
    else {
      if (!this.#received) this.#quietSince = performance.now();
      this.#received = received;
      this.#awaited = frame;
    }
  }

  #admit(received: Buffer, frame: Frame): void {
    this.#received = undefined;
    this.#awaited = undefined;
    this.#isUsed = true;
    const refusal = this.#shared.ingress.turnAway();
    if (refusal) {
      const isLast = frame.isLast || this.#shared.isLast;
      this.#socket.write(plainAnswer(refusal, isLast ? undefined : this.#shared.keepAliveMs), "latin1");
      this.#goOn(isLast);
    } else {
      this.#serve(received, frame);
    }
  }

  #serve(received: Buffer, frame: Frame): void {
    const request = parsePlainRequest(received, frame);
    if (!request) {
      this.#handOver(received);
      return;
    }
    const isLast = () => frame.isLast || this.#shared.isLast;
    const { exchange, hangUp } = plainExchange(request, this.#socket, {
      isWhole: frame.missingBytes === 0,
      keepAliveMs: () => (isLast() ? undefined : this.#shared.keepAliveMs),
      onAnswered: () => this.#goOn(isLast()),
    });
    this.#hangUp = hangUp;
    this.#shared.ingress.receive(exchange);
  }

  #goOn(isLast: boolean): void {
    this.#hangUp = undefined;
    this.#quietSince = performance.now();
    if (isLast) {
      this.#received = undefined;
      // What comes after it is nobody's.
      this.#socket.off("data", this.#onData).resume().destroySoon();
    } else if (this.#socket.writableLength > 0) this.#waitForReader();
    else this.#readOn();
  }

  /** As node:http does: who does not read is not read either, or answers would pile up here. `look` ends it. */
  #waitForReader(): void {
    this.#isSending = true;
    this.#socket.pause();
    // Written once all before it is.
    this.#socket.write("", () => {
      this.#isSending = false;
      this.#quietSince = performance.now();
      if (this.#socket.writable) this.#readOn();
    });
  }

  #readOn(): void {
    const ahead = this.#received;
    this.#received = undefined;
    if (this.#socket.isPaused()) this.#socket.resume();
    if (ahead) this.#read(ahead);
  }

  /** As node:http does by default: who says no more wants no answer either. */
  readonly #onEnd = (): void => {
    this.#leave();
    this.#socket.destroySoon();
  };

  readonly #onClose = (): void => {
    this.#leave();
    this.#shared.open.delete(this);
  };

  #leave(): void {
    const [received, awaited] = [this.#received, this.#awaited];
    this.#received = undefined;
    this.#awaited = undefined;
    // It is recorded, so that its owner sees what senders did.
    if (received && awaited) this.#serve(received, awaited);
    this.#hangUp?.();
    this.#hangUp = undefined;
  }

  #handOver(received: Buffer): void {
    this.#shared.open.delete(this);
    // Errors stay caught: whoever gets it may take it a turn later.
    this.#socket.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onClose);
    this.#shared.handOver(this.#socket, received);
  }
}
