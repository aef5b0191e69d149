import { connect } from "node:net";

/**
 * One keep-alive connection with one request under way at a time. It does no more than it must, because it shares the
 * machine with what it measures: request bytes are ready-made, and of an answer only status and body are cut out.
 */
export class Connection {
  #socket;
  #received = "";
  #onAnswer;
  #onBroken;

  constructor({ host, port, onAnswer, onBroken }) {
    this.#onAnswer = onAnswer;
    this.#onBroken = onBroken;
    this.#socket = connect({ host, port, noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text) => this.#read(text));
    this.#socket.on("error", (error) => this.#break(error));
    this.#socket.on("close", () => this.#break(new Error("the server closed the connection")));
  }

  /** Resolves once connected. */
  opened() {
    return new Promise((resolve, reject) => {
      this.#socket.once("connect", resolve);
      this.#socket.once("error", reject);
    });
  }

  send(bytes) {
    this.#socket.write(bytes);
  }

  close() {
    this.#onBroken = undefined;
    this.#socket.destroy();
  }

  #read(text) {
    this.#received = this.#received === "" ? text : this.#received + text;
    const headEnd = this.#received.indexOf("\r\n\r\n");
    if (headEnd === -1) return;
    const length = contentLength(this.#received, headEnd);
    const end = headEnd + 4 + length;
    if (this.#received.length < end) return;
    const status = Number(this.#received.slice(9, 12));
    const body = this.#received.slice(headEnd + 4, end);
    this.#received = this.#received.slice(end);
    this.#onAnswer(this, status, body);
  }

  #break(error) {
    const broken = this.#onBroken;
    this.#onBroken = undefined;
    this.#socket.destroy();
    broken?.(this, error);
  }
}

const lengthHeader = /\r\ncontent-length: (\d+)/i;

function contentLength(text, headEnd) {
  const found = lengthHeader.exec(text);
  if (!found || found.index > headEnd) throw new Error(`An answer without Content-Length: ${text.slice(0, headEnd)}`);
  return Number(found[1]);
}
