import { connect, type Socket } from "node:net";
import type { PostedAnswer, Poster } from "./poster.ts";

type Request = { text: string; resolve(answer: PostedAnswer): void; reject(error: Error): void; dueAt: number };

const sweepMs = 250;

/**
 * Sends with as little work as it can, because it shares the machine with what it floods: plain sockets, kept open, a new
 * one only where none is free, and of an answer only what is asked for is cut out. Where all `connections` of a server are
 * busy, a request waits here.
 */
export function floodPoster(connections: number, timeoutMs: number): Poster {
  const pools = new Map<string, Pool>();
  const sweep = setInterval(() => {
    for (const pool of pools.values()) pool.expire(performance.now());
  }, sweepMs);

  function poolOf(url: URL): Pool {
    const pool = pools.get(url.host) ?? new Pool(url, connections);
    pools.set(url.host, pool);
    return pool;
  }

  return {
    post(url, headers, body) {
      const target = new URL(url);
      return new Promise((resolve, reject) => {
        const text = requestText(target, headers, body);
        poolOf(target).send({ text, resolve, reject, dueAt: performance.now() + timeoutMs });
      });
    },
    async close() {
      clearInterval(sweep);
      for (const pool of pools.values()) pool.close();
    },
  };
}

class Pool {
  readonly #url: URL;
  readonly #limit: number;
  readonly #open = new Set<FloodConnection>();
  readonly #free: FloodConnection[] = [];
  /** In the order in which they came. */
  readonly #waiting = new Set<Request>();

  constructor(url: URL, limit: number) {
    this.#url = url;
    this.#limit = limit;
  }

  send(request: Request): void {
    for (let free = this.#free.pop(); free; free = this.#free.pop())
      if (this.#open.has(free)) return free.send(request);
    if (this.#open.size < this.#limit) this.#connect(request);
    else this.#waiting.add(request);
  }

  expire(now: number): void {
    for (const request of this.#waiting) {
      if (request.dueAt >= now) break;
      this.#waiting.delete(request);
      request.reject(new Error("no connection in time"));
    }
    for (const connection of this.#open) connection.expire(now);
  }

  close(): void {
    for (const connection of this.#open) connection.end(new Error("the sender stopped"));
  }

  #connect(request: Request): void {
    const made: FloodConnection = new FloodConnection(this.#url, {
      onFree: () => {
        const [next] = this.#waiting;
        if (!next) return void this.#free.push(made);
        this.#waiting.delete(next);
        made.send(next);
      },
      onClose: () => {
        const [next] = this.#open.delete(made) ? this.#waiting : [];
        if (!next) return;
        this.#waiting.delete(next);
        this.#connect(next);
      },
    });
    this.#open.add(made);
    made.send(request);
  }
}

function requestText({ host, pathname }: URL, headers: Readonly<Record<string, string>>, body: string): string {
  const lines = Object.entries({ host, ...headers, "content-length": String(Buffer.byteLength(body)) });
  return `POST ${pathname} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`;
}

/** One request under way at a time. */
class FloodConnection {
  readonly #socket: Socket;
  #received = "";
  #request: Request | undefined;
  readonly #on: { onFree(): void; onClose(): void };

  constructor({ hostname, port }: URL, on: { onFree(): void; onClose(): void }) {
    this.#on = on;
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text: string) => this.#read(text));
    this.#socket.on("error", (error) => this.end(error));
    this.#socket.on("close", () => this.end(new Error("the server closed the connection")));
  }

  send(request: Request): void {
    this.#request = request;
    this.#socket.write(request.text);
  }

  expire(now: number): void {
    if (this.#request && this.#request.dueAt < now) this.end(new Error("no answer in time"));
  }

  end(error: Error): void {
    const request = this.#request;
    this.#request = undefined;
    this.#socket.destroy();
    request?.reject(error);
    this.#on.onClose();
  }

  #read(text: string): void {
    this.#received += text;
    const answer = parseAnswer(this.#received);
    if (!answer) return;
    this.#received = "";
    const request = this.#request;
    this.#request = undefined;
    request?.resolve(answer);
    if (answer.isLast) this.end(new Error("the server closed the connection"));
    else this.#on.onFree();
  }
}

const lengthLine = /\r\ncontent-length: (\d+)/i;
const retryLine = /\r\nretry-after: ([^\r]+)/i;
const closeLine = /\r\nconnection: close/i;

/** Undefined until all of it is there; every answer to a webhook says how long it is. */
function parseAnswer(text: string): (PostedAnswer & { isLast: boolean }) | undefined {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const head = text.slice(0, headEnd);
  const bodyAt = headEnd + 4;
  const length = Number(lengthLine.exec(head)?.[1] ?? 0);
  if (text.length < bodyAt + length) return undefined;
  const retryAfter = retryLine.exec(head)?.[1];
  return {
    status: Number(head.slice(9, 12)),
    text: text.slice(bodyAt, bodyAt + length),
    isLast: closeLine.test(head),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  };
}
