import { createServer, type RequestListener, type Server, type ServerOptions, type ServerResponse } from "node:http";
import { Server as NetServer, type Socket } from "node:net";
import type { Ingress } from "../ingress/exchange.ts";
import { answerAndLinger } from "../ingress/linger.ts";
import { createPlainConnections, type PlainConnections } from "../ingress/plain-connections.ts";
import { backlog } from "../listen.ts";
import { answerUnreadable } from "./answer-unreadable.ts";
import { duplicateHandles } from "./duplicate-handles.ts";

/** Slow senders must not hold sockets: 10 s for headers, 30 s for a whole request, looked at every 4 s, so cut within 15 s and 35 s. */
export const serverOptions = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 4_000,
  maxHeaderSize: 16_384,
} satisfies ServerOptions;

/** Node drops what is beyond its own limit without a word, and half a signed request is worse than none. */
const headerLimit = 200;
const connectionLimit = 20_000;
const moreHandles = 15;
const sweepMs = 50;
/** So long a quiet connection may still bring a request to a server that stops. */
const lameDuckMs = 1_000;

export type HttpServer = {
  server: Server;
  /** From now on plain webhooks go to `ingress` without a detour through node:http. */
  takePlain(ingress: Ingress): void;
  /**
   * Called while it listens. Node (libuv since 1.45) takes one new connection per listening handle and turn of its event
   * loop, so a busy process would take a hundred a second; from now on it takes `moreHandles` times as many. Rejects where the
   * platform has no further handles; then all is as before.
   */
  acceptFaster(): Promise<void>;
  /**
   * Takes no more connections and answers what comes over those that are open, each for the last time; closes quiet ones
   * after a second, and after `graceMs` whatever is left.
   */
  drain(graceMs: number): Promise<void>;
};

export function createHttpServer(handle: RequestListener, options: typeof serverOptions = serverOptions): HttpServer {
  const sockets = new Set<Socket>();
  const acceptors: NetServer[] = [];
  const open = new Set<ServerResponse>();
  let draining: Promise<void> | undefined;

  const server = createServer(options, (request, response) => {
    if (request.rawHeaders.length > headerLimit * 2) {
      return refuse(response, 431, `More than ${headerLimit} headers are not taken.`);
    }
    // Its answers have no head, so whoever stands between us could take one for another.
    if (request.httpVersionMajor < 1) return refuse(response, 400, "HTTP/0.9 is not spoken here.");
    open.add(response);
    response.once("close", () => open.delete(response));
    if (draining) sayLast(response);
    handle(request, response);
  });
  server.maxConnections = connectionLimit;
  answerUnreadable(server, () => open);
  // What node:http itself does with a connection; ours comes first.
  const serve = server.listeners("connection")[0] as (this: Server, socket: Socket) => void;
  server.removeAllListeners("connection");
  let plain: PlainConnections | undefined;
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    if (plain) plain.take(socket);
    else serve.call(server, socket);
  });

  function takePlain(ingress: Ingress): void {
    plain = createPlainConnections({
      ingress,
      firstByteMs: options.headersTimeout,
      keepAliveMs: options.keepAliveTimeout,
      handOver(socket, received) {
        // In a turn of its own: within the event that brought the data, node:http would never learn to hold it back.
        socket.pause();
        setImmediate(() => {
          if (socket.destroyed) return;
          serve.call(server, socket);
          socket.emit("data", received);
          socket.resume();
        });
      },
    });
  }

  async function acceptFaster(): Promise<void> {
    for (const handle of await duplicateHandles(server, moreHandles)) {
      // As node:http makes its own.
      const acceptor = new NetServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        if (sockets.size < connectionLimit) server.emit("connection", socket);
        else socket.destroy();
      });
      // One that could not be accepted is there again in the next turn.
      acceptor.on("error", () => undefined);
      acceptor.listen(handle, backlog);
      acceptors.push(acceptor);
      if (draining) acceptor.close();
    }
  }

  /** Live views never end by themselves; their pages connect again, elsewhere. */
  function endStreams(): void {
    for (const response of open) if (isStream(response)) response.end();
  }

  function closeQuiet(): void {
    // Browsers open connections in advance.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    plain?.closeQuiet();
    // Node takes a connection for idle whose answer is written and not yet sent, and would cut it short.
    const isSending = [...open].some(({ writableEnded, writableFinished }) => writableEnded && !writableFinished);
    if (!isSending) server.closeIdleConnections();
  }

  async function drain(graceMs: number): Promise<void> {
    // The HTTP server's own `close` cuts idle connections at once, with requests that it has not read yet.
    const closed = Promise.all([server, ...acceptors].map(closeOf));
    for (const response of open) sayLast(response);
    plain?.sayLast();
    endStreams();
    const quietFrom = performance.now() + lameDuckMs;
    const sweep = setInterval(() => {
      endStreams();
      // Right after the event loop has read what arrived, so that a request that is here is not cut.
      if (performance.now() >= quietFrom) setImmediate(closeQuiet);
    }, sweepMs);
    const cut = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, graceMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(cut);
    // Nothing is left to close but the timer that looks for slow senders.
    server.close();
  }

  return {
    server,
    takePlain,
    acceptFaster,
    drain(graceMs) {
      draining ??= drain(graceMs);
      return draining;
    },
  };
}

/** Resolves when its last connection is closed. */
const closeOf = (server: NetServer): Promise<void> =>
  new Promise((resolve) => {
    NetServer.prototype.close.call(server, () => resolve());
  });

/** The sender is told, so that the next request takes another connection and does not meet the end of this one. */
function sayLast(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader("connection", "close");
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  const body = `${reason}\n`;
  response.writeHead(status, {
    "content-type": "text/plain",
    "content-length": Buffer.byteLength(body),
    connection: "close",
  });
  answerAndLinger(response, body);
}

const isStream = (response: ServerResponse): boolean =>
  String(response.getHeader("content-type") ?? "").startsWith("text/event-stream");
