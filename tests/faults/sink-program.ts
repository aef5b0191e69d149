import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { credentialMark } from "./credential-mark.ts";
import { FsyncedLog } from "./fsynced-log.ts";
import { logPath } from "./job-logs.ts";
import type { SinkCall, SinkCommand, SinkMode, SinkReport } from "./sink-messages.ts";

/** The other side of every call: keeps what it was asked to do on disk before it answers, and misbehaves on demand. */
export async function main([folder = ""]: string[]): Promise<void> {
  const logs = new Map<string, Promise<FsyncedLog>>();
  const modes = new Map<string, SinkMode>();
  const watched = new Set<string>();
  const held = new Map<string, (() => void)[]>();

  const server = createServer((request, response) => {
    receive(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  server.keepAliveTimeout = 60_000;

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const flow = (request.url ?? "/").slice(1);
    const body: { event?: unknown; run?: unknown; label?: unknown } = JSON.parse(
      Buffer.concat(chunks).toString() || "{}",
    );
    const call: SinkCall = {
      flow,
      event: String(body.event),
      run: String(body.run),
      label: String(body.label),
      key: request.headers["idempotency-key"]?.toString() ?? "",
      credential: credentialMark(request.headers.authorization),
      at: Date.now(),
    };
    const log = logs.get(flow) ?? FsyncedLog.open(logPath(folder, flow));
    logs.set(flow, log);
    await (await log).append(call);
    if (watched.has(flow)) report({ type: "call", call });
    await answer(flow, request, response);
  }

  async function answer(flow: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const mode = modes.get(flow) ?? { kind: "answer", status: 200 };
    switch (mode.kind) {
      case "drop":
        request.socket.destroy();
        return;
      case "hang":
        return;
      case "hold":
        held.set(flow, [...(held.get(flow) ?? []), () => end(response, 200, {})]);
        return;
      case "echo": {
        const { authorization = "" } = request.headers;
        end(response, mode.status, { "x-echo": authorization }, JSON.stringify({ echo: authorization }));
        return;
      }
      case "answer": {
        const { status, afterMs = 0, retryAfter } = mode;
        if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
        end(response, status, retryAfter === undefined ? {} : { "retry-after": retryAfter });
      }
    }
  }

  process.on("message", (command: SinkCommand) => {
    if (command.type === "mode") modes.set(command.flow, command.mode);
    if (command.type === "watch") watched[command.isOn ? "add" : "delete"](command.flow);
    if (command.type !== "release") return;
    const waiting = held.get(command.flow) ?? [];
    held.delete(command.flow);
    for (const release of waiting) release();
  });
  process.once("disconnect", () => process.exit(0));
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo;
    report({ type: "ready", port });
  });
}

function end(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: string = '{"ok":true}',
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(body);
}

const report = (message: SinkReport): void => void process.send?.(message);
