import { createServer, type RequestListener, type Server, type ServerOptions, type ServerResponse } from "node:http";

/** Slow senders must not hold sockets: 10 s for headers, 30 s for a whole request, looked at every 4 s, so cut within 15 s and 35 s. */
export const serverOptions: ServerOptions = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 4_000,
  maxHeaderSize: 16_384,
};

/** Node drops what is beyond its own limit without a word, and half a signed request is worse than none. */
const headerLimit = 200;
const connectionLimit = 20_000;
const sweepMs = 50;

export type HttpServer = {
  server: Server;
  /** Takes no more connections, answers what is under way for up to `graceMs`, then cuts what is left. */
  drain(graceMs: number): Promise<void>;
};

export function createHttpServer(handle: RequestListener, options: ServerOptions = serverOptions): HttpServer {
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
    if (draining) response.setHeader("connection", "close");
    handle(request, response);
  });
  server.maxConnections = connectionLimit;

  async function drain(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    // Live views never end by themselves; their pages connect again, elsewhere.
    for (const response of open) if (isStream(response)) response.end();
    const sweep = setInterval(() => server.closeIdleConnections(), sweepMs);
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(cut);
  }

  return {
    server,
    drain(graceMs) {
      draining ??= drain(graceMs);
      return draining;
    },
  };
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { "content-type": "text/plain", connection: "close" });
  response.end(`${reason}\n`);
}

const isStream = (response: ServerResponse): boolean =>
  String(response.getHeader("content-type") ?? "").startsWith("text/event-stream");
