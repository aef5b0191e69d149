import { type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

const lingerMs = 1_000;

/** https://nodejs.org/docs/latest-v20.x/api/http.html#event-clienterror */
const statuses: { readonly [code: string]: number } = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/**
 * Bytes that are no request are answered as node:http does by itself, but the connection is closed a little later: closed
 * with bytes unread it would be reset, and a sender that is still writing would lose the answer (RFC 9112 section 9.6).
 * `underWay` gives the answers that are not complete yet, because one that has begun can't be followed by another.
 */
export function answerUnreadable(server: Server, underWay: () => Iterable<ServerResponse>): void {
  const lingering = new WeakSet<Duplex>();

  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    // What still comes is as unreadable as what came.
    if (lingering.has(socket)) return;
    const begun = [...underWay()].filter(({ req }) => req.socket === socket);
    if (!socket.writable || begun.some(({ headersSent }) => headersSent)) {
      socket.destroy(error);
      return;
    }
    const status = statuses[error.code ?? ""] ?? 400;
    const answer = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`;
    // Whoever reads a body that went wrong in the middle hears of it when the connection closes.
    lingering.add(socket);
    socket.end(answer);
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once("close", () => clearTimeout(timer));
  });
}
