import type { RequestListener, ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createHttpServer, type HttpServer, serverOptions } from "./http-server.ts";

let http: HttpServer | undefined;
afterEach(async () => {
  await http?.drain(0);
  http = undefined;
});

const answerOk: RequestListener = (_request, response) => response.end("ok");

async function start(handle: RequestListener, options = {}): Promise<{ http: HttpServer; port: number }> {
  const started = createHttpServer(handle, { ...serverOptions, ...options });
  http = started;
  await new Promise<void>((resolve) => started.server.listen(0, "127.0.0.1", resolve));
  return { http: started, port: (started.server.address() as AddressInfo).port };
}

type Raw = { socket: Socket; received(): string; closed: Promise<string> };

/** A connection that says exactly this, and hears everything until it is closed. */
function open(port: number, text = ""): Raw {
  const socket = connect(port, "127.0.0.1");
  let heard = "";
  socket.on("data", (chunk) => {
    heard += chunk.toString("latin1");
  });
  socket.on("error", () => undefined);
  socket.write(text);
  return { socket, received: () => heard, closed: new Promise((resolve) => socket.on("close", () => resolve(heard))) };
}

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);

test("slow senders get 10 s for headers and 30 s for a request, looked at every 4 s", () => {
  expect(serverOptions).toMatchObject({
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: 4_000,
    maxHeaderSize: 16_384,
  });
});

describe("slow senders", () => {
  const hurried = { headersTimeout: 300, requestTimeout: 600, connectionsCheckingInterval: 50 };

  test.each([
    ["that say nothing", ""],
    ["in the middle of a header", "POST /hooks/x HTTP/1.1\r\nHost: a\r\nX-Slo"],
    ["in the middle of a body", "POST /hooks/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"],
    ["between two chunks", "POST /hooks/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"],
  ])("%s are cut, while others are served", async (_name, text) => {
    const { port } = await start((request, response) => {
      request.resume();
      request.on("end", () => response.end("ok"));
    }, hurried);
    const slow = Array.from({ length: 100 }, () => open(port, text));
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    expect(await answer.text()).toBe("ok");
    for (const { closed } of slow) expect([0, 408]).toContain(statusOf(await closed));
  });
});

describe("requests that two servers could read differently are refused, and their connection closed", () => {
  const head = "POST /hooks/x HTTP/1.1\r\nHost: a\r\n";
  test.each([
    ["a length and chunks", `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    ["two lengths", `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
    ["a length that is no number", `${head}Content-Length: 2x\r\n\r\n{}`, 400],
    ["a negative length", `${head}Content-Length: -1\r\n\r\n`, 400],
    ["chunks last but one", `${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`, 400],
    ["a chunk without a size", `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`, 400],
    ["a folded header", `${head}X-Long: a\r\n b\r\n\r\n`, 400],
    ["a space before the colon", `${head}Content-Length : 2\r\n\r\n{}`, 400],
    ["a bare line feed", "POST /hooks/x HTTP/1.1\nHost: a\n\n", 400],
    ["no host", "POST /hooks/x HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 400],
    ["HTTP/0.9", "GET /hooks/x\r\n\r\n", 400],
    ["headers of more than 16 KiB", `${head}X-Big: ${"x".repeat(17_000)}\r\n\r\n`, 431],
    ["more than 200 headers", `${head}${"a: b\r\n".repeat(400)}Content-Length: 0\r\n\r\n`, 431],
    ["two thousand headers", `${head}${"a:\r\n".repeat(2_000)}Content-Length: 0\r\n\r\n`, 431],
  ])("%s", async (_name, text, status) => {
    const handled: string[] = [];
    const { port } = await start((request, response) => {
      handled.push(request.url ?? "");
      request.resume();
      request.on("end", () => response.end("ok"));
    });
    expect(statusOf(await open(port, text).closed)).toBe(status);
    expect((await fetch(`http://127.0.0.1:${port}/after`)).status).toBe(200);
    expect(handled.filter((url) => url !== "/after" && status === 431)).toEqual([]);
  });

  test.each([
    ["two lengths", `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n`, 400],
    ["headers of more than 16 KiB", `${head}X-Big: ${"x".repeat(17_000)}\r\n\r\n`, 431],
    ["more than 200 headers", `${head}${"a: b\r\n".repeat(400)}Content-Length: 100\r\n\r\n`, 431],
    ["a chunk without a size", `${head}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\nzz\r\n`, 400],
  ])("%s: a sender that is still writing hears why", async (_name, text, status) => {
    const { port } = await start((request, response) => {
      request.resume();
      request.on("end", () => response.end("ok"));
    });
    const { socket, closed } = open(port, text);
    socket.pause();
    // To a connection that was reset already, the second of these fails.
    for (const more of ["{", "}"]) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.write(more);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.resume();
    expect(statusOf(await closed)).toBe(status);
  });

  test("a connection that goes on sending what can't be read is closed after a second", async () => {
    const { port } = await start(answerOk);
    // This one does not care that the other side has said its last word.
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    let heard = "";
    socket.on("data", (chunk) => {
      heard += chunk.toString("latin1");
    });
    const cut = new Promise((resolve) => socket.once("error", resolve));
    const sending = setInterval(() => socket.write("no request\r\n\r\n"), 20);
    await cut;
    clearInterval(sending);
    expect(statusOf(heard)).toBe(400);
  });

  test("what comes after a body is another request, or none: it never joins the first", async () => {
    const bodies: string[] = [];
    const { port } = await start((request, response) => {
      let body = "";
      request.on("data", (chunk) => {
        body += chunk;
      });
      request.on("end", () => {
        bodies.push(body);
        response.end("ok");
      });
    });
    await open(port, `${head}Content-Length: 2\r\n\r\n{}and more that was not announced`).closed;
    await expect.poll(() => bodies).toEqual(["{}"]);
  });
});

describe("draining", () => {
  test("takes no new connection, answers what is under way and closes the rest", async () => {
    let pending: ServerResponse | undefined;
    const started = await start((request, response) => {
      if (request.url === "/slow") pending = response;
      else answerOk(request, response);
    });
    const idle = open(started.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const slow = open(started.port, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    await expect.poll(() => pending !== undefined && idle.received().includes("ok")).toBe(true);
    const drained = started.http.drain(60_000);
    await idle.closed;
    await expect(fetch(`http://127.0.0.1:${started.port}/`)).rejects.toThrow();
    pending?.end("late");
    expect(await slow.closed).toMatch(/late/);
    await drained;
  });

  test("answers what comes over an open connection while it stops, and says that it is the last answer", async () => {
    let pending: ServerResponse | undefined;
    const started = await start((request, response) => {
      if (request.url === "/slow") pending = response;
      else answerOk(request, response);
    });
    const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const [idle, slow, unused] = [request("/"), request("/slow"), ""].map((text) => open(started.port, text));
    if (!idle || !slow || !unused) throw new Error("three were opened");
    await expect.poll(() => pending !== undefined && idle.received().includes("ok")).toBe(true);
    expect(idle.received()).not.toMatch(/connection: close/i);
    const drained = started.http.drain(60_000);
    idle.socket.write(request("/again"));
    expect(await idle.closed).toMatch(/ok(.|\r\n)*HTTP\/1\.1 200 (.|\r\n)*connection: close(.|\r\n)*ok/i);
    pending?.end("late");
    expect(await slow.closed).toMatch(/connection: close(.|\r\n)*late/i);
    expect(await unused.closed).toBe("");
    await drained;
  });

  test("an answer that its reader takes slowly is sent to its end", async () => {
    const size = 30_000_000;
    const started = await start((_request, response) => response.end(Buffer.alloc(size, "x")));
    const socket = connect(started.port, "127.0.0.1");
    let heard = 0;
    socket.on("data", (chunk) => {
      heard += chunk.length;
    });
    socket.pause().write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const closed = new Promise((resolve) => socket.on("close", resolve).on("error", resolve));
    const idle = open(started.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await expect.poll(() => idle.received().length, { timeout: 10_000 }).toBeGreaterThan(size);
    const unused = open(started.port);
    await expect.poll(() => unused.socket.connecting).toBe(false);
    const drained = started.http.drain(60_000);
    // Now quiet connections are being closed.
    await unused.closed;
    socket.resume();
    await closed;
    expect(heard).toBeGreaterThan(size);
    await idle.closed;
    await drained;
  });

  test("ends live views at once and cuts what takes longer than its grace", async () => {
    const started = await start((request, response) => {
      if (request.url !== "/live") return;
      response.setHeader("content-type", "text/event-stream");
      response.write(": hello\n\n");
    });
    const live = open(started.port, "GET /live HTTP/1.1\r\nHost: a\r\n\r\n");
    const hung = open(started.port, "GET /hung HTTP/1.1\r\nHost: a\r\n\r\n");
    await expect.poll(() => live.received()).toContain("hello");
    await started.http.drain(200);
    expect(await live.closed).toMatch(/\r\n0\r\n\r\n$/);
    expect(await hung.closed).toBe("");
  });
});
