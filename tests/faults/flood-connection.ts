import { connect, type Socket } from "node:net";

/** `status` 0: there was none. */
export type FloodAnswer = { status: number; text: string; retryAfter?: string; error?: string };
export type FloodRequest = { text: string; giveUpAt: number; onEnd(answer: FloodAnswer): void };

export type FloodConnectionEvents = {
  onFree(connection: FloodConnection): void;
  onClose(connection: FloodConnection): void;
};

/** A connection that stays open, with one request under way at a time. */
export class FloodConnection {
  readonly #socket: Socket;
  readonly #on: FloodConnectionEvents;
  #received = "";
  #request: FloodRequest | undefined;

  constructor({ hostname, port }: URL, on: FloodConnectionEvents) {
    this.#on = on;
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text: string) => this.#read(text));
    this.#socket.on("error", (error) => this.end(error.message));
    this.#socket.on("close", () => this.end("the server closed the connection"));
  }

  /** Resolves in any case: where it could not be opened, its first request says so. */
  opened(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once("connect", () => resolve());
      this.#socket.once("close", () => resolve());
    });
  }

  send(request: FloodRequest): void {
    this.#request = request;
    this.#socket.write(request.text, "latin1");
  }

  giveUp(now: number): void {
    if (this.#request && this.#request.giveUpAt < now) this.end("no answer in time");
  }

  end(error: string): void {
    const request = this.#request;
    this.#request = undefined;
    this.#socket.destroy();
    request?.onEnd({ status: 0, text: "", error });
    this.#on.onClose(this);
  }

  #read(text: string): void {
    this.#received += text;
    const answer = parseAnswer(this.#received);
    if (!answer) return;
    this.#received = "";
    const { isLast, ...rest } = answer;
    const request = this.#request;
    this.#request = undefined;
    request?.onEnd(rest);
    if (isLast) this.end("the server closed the connection");
    else this.#on.onFree(this);
  }
}

const lengthLine = /\r\ncontent-length: (\d+)/i;
const retryLine = /\r\nretry-after: ([^\r]+)/i;
const closeLine = /\r\nconnection: close/i;

/** Undefined until all of it is there; every answer to a webhook says how long it is. */
function parseAnswer(text: string): (FloodAnswer & { isLast: boolean }) | undefined {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const head = text.slice(0, headEnd);
  const end = headEnd + 4 + Number(lengthLine.exec(head)?.[1] ?? 0);
  if (text.length < end) return undefined;
  const status = Number(head.slice(9, 12));
  const retryAfter = status < 300 ? undefined : retryLine.exec(head)?.[1];
  return {
    status,
    text: text.slice(headEnd + 4, end),
    isLast: closeLine.test(head),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}
