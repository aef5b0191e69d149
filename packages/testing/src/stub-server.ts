import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Json, parseJson } from "@millrace/base";

export type StubRequest = {
  method: string;
  /** Path and query, as received. */
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
  text: string;
  /** The body as JSON, or undefined where it isn't any. */
  json: Json | undefined;
};

/** An answer, or none: `hang` reads the request and says nothing, `drop` closes the connection without an answer. */
export type StubReply =
  | "hang"
  | "drop"
  | {
      status?: number;
      headers?: Record<string, string | string[]>;
      json?: Json;
      body?: string | Uint8Array;
      /** Answer only after this long. */
      afterMs?: number;
    };

export type StubHandler = (request: StubRequest) => StubReply | Promise<StubReply>;

export type StubServer = {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  url: string;
  port: number;
  requests: StubRequest[];
  /** Replaces the handler from the next request on. */
  answerWith(handler: StubHandler): void;
  close(): Promise<void>;
};

/** A real HTTP server on loopback that records every request and answers as the handler says. `200 {"ok":true}` without one. */
export async function startStubServer(
  handler: StubHandler = () => ({ json: { ok: true } }),
  { port = 0 }: { port?: number } = {},
): Promise<StubServer> {
  const requests: StubRequest[] = [];
  let current = handler;
  const server = createServer((incoming, response) => {
    readRequest(incoming)
      .then(async (request) => {
        requests.push(request);
        await send(await current(request), incoming, response);
      })
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: listening } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${listening}`,
    port: listening,
    requests,
    answerWith(next) {
      current = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readRequest(incoming: IncomingMessage): Promise<StubRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const text = body.toString("utf8");
  const parsed = parseJson(text);
  return {
    method: incoming.method ?? "",
    url: incoming.url ?? "",
    headers: incoming.headers,
    body,
    text,
    json: parsed.ok ? parsed.value : undefined,
  };
}

async function send(reply: StubReply, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  if (reply === "hang") return;
  if (reply === "drop") {
    incoming.socket.destroy();
    return;
  }
  const { status = 200, headers = {}, json, body, afterMs = 0 } = reply;
  if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
  const jsonHeaders = json === undefined ? {} : { "content-type": "application/json" };
  response.writeHead(status, { ...jsonHeaders, ...headers });
  response.end(json === undefined ? (body ?? "") : JSON.stringify(json));
}
