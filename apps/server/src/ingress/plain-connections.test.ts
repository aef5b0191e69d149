import type { RequestListener } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createHttpServer, type HttpServer, serverOptions } from "../boot/http-server.ts";
import { listen } from "../listen.ts";
import type { Exchange } from "./exchange.ts";
import { readyAnswer } from "./send-answer.ts";

let http: HttpServer | undefined;
afterEach(() => http?.drain(0));

type Parts = { handle?: RequestListener; receive?(exchange: Exchange): void; options?: Partial<typeof serverOptions> };

const refusal = readyAnswer({ status: 503, body: '{"code":"overloaded"}' }, { "retry-after": "1" });
const ok = (body = "ok", status = 200) => readyAnswer({ status, body }, {});
const unlimited = { bytes: 1_000_000, take: () => true };

/** A server that takes webhooks, with what came to it either way. */
async function start({ handle, receive = (exchange) => void exchange.answer(ok()), options }: Parts = {}) {
  const seen = { plain: [] as Exchange[], node: [] as string[], isFull: false };
  const started = createHttpServer(
    (request, response) => {
      seen.node.push(`${request.method} ${request.url}`);
      if (handle) handle(request, response);
      else request.resume().on("end", () => response.end("from node:http"));
    },
    { ...serverOptions, ...options },
  );
  http = started;
  const port = await listen(started.server, "127.0.0.1", 0);
  started.takePlain({
    turnAway: () => (seen.isFull ? refusal : undefined),
    receive(exchange) {
      seen.plain.push(exchange);
      receive(exchange);
    },
  });
  return { seen, port, http: started };
}

type Line = { socket: Socket; heard(): string; closed: Promise<string> };

function open(port: number, text = ""): Line {
  const socket = connect(port, "127.0.0.1");
  let heard = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    heard += chunk;
  });
  socket.on("error", () => undefined);
  if (text !== "") socket.write(text);
  return { socket, heard: () => heard, closed: new Promise((resolve) => socket.on("close", () => resolve(heard))) };
}

const post = (body: string, lines = "", path = "/hooks/abc") =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\n${lines}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const answers = (text: string) => text.split("HTTP/1.1 ").length - 1;

describe("a connection with webhooks", () => {
  test("is kept open, and its requests are answered one after the other", async () => {
    const { seen, port } = await start({
      receive: (exchange) =>
        void exchange.readBody(unlimited).then((read) => exchange.answer(ok(String(read.ok && read.body)))),
    });
    const line = open(port, post("first"));
    await expect
      .poll(line.heard)
      .toMatch(/200 OK(.|\r\n)*Connection: keep-alive\r\nKeep-Alive: timeout=65\r\n\r\nfirst$/);
    line.socket.write(post("second"));
    await expect.poll(line.heard).toMatch(/second$/);
    expect([seen.plain.length, seen.node]).toEqual([2, []]);
  });

  test("waits with what is sent ahead until its turn comes", async () => {
    const { seen, port } = await start({ receive: () => undefined });
    const line = open(port, post("1"));
    await expect.poll(() => seen.plain.length).toBe(1);
    line.socket.write(post("2"));
    await expect(expect.poll(() => seen.plain.length, { timeout: 200 }).toBe(2)).rejects.toThrow();
    seen.plain[0]?.answer(ok("one"));
    await expect.poll(() => seen.plain.length).toBe(2);
    seen.plain[1]?.answer(ok("two"));
    await expect.poll(line.heard).toMatch(/one(.|\r\n)*two$/);
  });

  test("that brings two at once is answered in their order, by node:http", async () => {
    const { seen, port } = await start();
    const line = open(port, post("1") + post("2", "", "/hooks/def"));
    await expect.poll(() => answers(line.heard())).toBe(2);
    expect(seen.node).toEqual(["POST /hooks/abc", "POST /hooks/def"]);
  });

  test("is closed behind the answer where its sender wants no other, whatever else it sends", async () => {
    const { seen, port } = await start({ receive: () => undefined });
    const line = open(port, post("1", "Connection: close\r\n"));
    await expect.poll(() => seen.plain.length).toBe(1);
    line.socket.write(post("2"));
    seen.plain[0]?.answer(ok());
    const text = await line.closed;
    expect(text).toMatch(/Connection: close\r\n\r\nok$/);
    expect([answers(text), seen.plain.length]).toEqual([1, 1]);
  });

  test("may bring a head and its body one after the other", async () => {
    const { seen, port } = await start();
    const text = post("ab");
    const line = open(port, text.slice(0, -2));
    await new Promise((resolve) => setTimeout(resolve, 20));
    line.socket.write("a");
    await new Promise((resolve) => setTimeout(resolve, 20));
    line.socket.write("b");
    await expect.poll(line.heard).toMatch(/ok$/);
    expect([seen.plain.length, seen.node]).toEqual([1, []]);
  });

  test("gets answers in UTF-8, and none without a body", async () => {
    const { seen, port } = await start({ receive: () => undefined });
    const line = open(port, post("1"));
    await expect.poll(() => seen.plain.length).toBe(1);
    seen.plain[0]?.answer(ok("grüße"));
    await expect.poll(line.heard).toMatch(/content-length: 7\r\n(.|\r\n)*grüße$/);
    line.socket.write(post("2"));
    await expect.poll(() => seen.plain.length).toBe(2);
    seen.plain[1]?.answer(ok("", 204));
    await expect.poll(line.heard).toMatch(/204 No Content\r\n(.|\r\n)*\r\n\r\n$/);
  });

  test("is answered at once, without anything made of the request, while there is no room", async () => {
    const { seen, port } = await start();
    seen.isFull = true;
    const line = open(port, post("1"));
    await expect.poll(line.heard).toMatch(/503 Service Unavailable\r\n(.|\r\n)*retry-after: 1\r\n(.|\r\n)*overloaded/);
    seen.isFull = false;
    line.socket.write(post("2"));
    await expect.poll(line.heard).toMatch(/ok$/);
    expect(seen.plain.length).toBe(1);
  });

  test("takes no header that would end the head", async () => {
    const { seen, port } = await start({ receive: () => undefined });
    open(port, post("1"));
    await expect.poll(() => seen.plain.length).toBe(1);
    const split = readyAnswer({ status: 200, body: "" }, { "x-a": "1\r\nx-b: 2" });
    expect(() => seen.plain[0]?.answer(split)).toThrow(/[Ii]nvalid/);
    expect(seen.plain[0]?.answer(ok())).toBe(true);
    expect(seen.plain[0]?.answer(ok())).toBe(false);
  });
});

describe("a sender that does not read its answers", () => {
  /** What the connection holds is full: one more answer waits in this process. */
  async function fill(options?: Parts["options"]) {
    const {
      seen,
      port,
      http: server,
    } = await start({
      receive: (exchange) => void exchange.answer(ok("x".repeat(100_000))),
      ...(options && { options }),
    });
    let served: Socket | undefined;
    server.server.prependListener("connection", (socket) => {
      served = socket;
    });
    const line = open(port);
    line.socket.pause();
    await expect.poll(() => served).toBeDefined();
    for (let sent = 1; served?.writableLength === 0; sent++) {
      line.socket.write(post("1"));
      await expect.poll(() => seen.plain.length, { interval: 1 }).toBe(sent);
    }
    if (!served) throw new Error("Nobody connected.");
    return { seen, line, served, answered: seen.plain.length };
  }
  const sendOneAfterTheOther = async (socket: Socket, count: number) => {
    for (let sent = 0; sent < count; sent++) {
      socket.write(post("1"));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  test("is not read either, however much it sends, and gets all of them once it reads", async () => {
    const { seen, line, served, answered } = await fill();
    await sendOneAfterTheOther(line.socket, 30);
    expect([seen.plain.length, served.writableLength < 150_000]).toEqual([answered, true]);
    line.socket.resume();
    await expect.poll(() => answers(line.heard())).toBe(answered + 30);
  });

  test("is cut off after the time of a quiet connection, although it goes on sending", async () => {
    const { line, served } = await fill({ keepAliveTimeout: 200 });
    await expect
      .poll(
        async () => {
          await sendOneAfterTheOther(line.socket, 10);
          return served.destroyed;
        },
        { timeout: 10_000 },
      )
      .toBe(true);
  });
});

describe("a sender that leaves", () => {
  test("before its answer is told nothing, and whoever waits for it hears so", async () => {
    const closed: boolean[] = [];
    const { seen, port } = await start({
      receive: (exchange) => exchange.onceClosed((wasAnswered) => closed.push(wasAnswered)),
    });
    open(port, post("1")).socket.end();
    await expect.poll(() => closed).toEqual([false]);
    expect(seen.plain[0]?.answer(ok())).toBe(false);
    seen.plain[0]?.onceClosed((wasAnswered) => closed.push(wasAnswered));
    expect(closed).toEqual([false, false]);
  });

  test.each([
    ["ends", (socket: Socket) => socket.end()],
    ["resets", (socket: Socket) => socket.resetAndDestroy()],
  ])("in the middle of a body is passed on as far as it came: it %s the connection", async (_name, leave) => {
    const { seen, port } = await start();
    const { socket } = open(port, post("1234").slice(0, -2));
    await new Promise((resolve) => setTimeout(resolve, 50));
    leave(socket);
    await expect.poll(() => seen.plain.length).toBe(1);
    expect(await seen.plain[0]?.readBody(unlimited)).toMatchObject({ ok: false, status: 400 });
  });
});

describe("what is no plain webhook goes to node:http with its connection", () => {
  test("and so does all that follows", async () => {
    const { seen, port } = await start();
    const line = open(port, "GET /api/runs HTTP/1.1\r\nHost: a\r\n\r\n");
    await expect.poll(() => answers(line.heard())).toBe(1);
    line.socket.write(post("1"));
    await expect.poll(() => answers(line.heard())).toBe(2);
    expect([seen.node, seen.plain.length]).toEqual([["GET /api/runs", "POST /hooks/abc"], 0]);
  });

  test("after plain ones, too", async () => {
    const { seen, port } = await start();
    const line = open(port, post("1"));
    await expect.poll(() => answers(line.heard())).toBe(1);
    line.socket.write("POST /hooks/abc HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
    await expect.poll(line.heard).toMatch(/from node:http/);
    expect([seen.node, seen.plain.length]).toEqual([["POST /hooks/abc"], 1]);
  });

  test("a body of which the rest is late, within a second", async () => {
    const { seen, port } = await start();
    const line = open(port, post("ab").slice(0, -1));
    await expect.poll(() => seen.node).toEqual(["POST /hooks/abc"]);
    line.socket.write("b");
    await expect.poll(line.heard).toMatch(/from node:http/);
  });

  test("and its body is read no faster than it is used", async () => {
    let waiting = 0;
    const { port } = await start({
      handle(request, response) {
        setTimeout(() => {
          waiting = request.readableLength;
          response.end("enough");
        }, 300);
      },
    });
    const { socket } = open(port, "POST /hooks/abc HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n");
    socket.write(Buffer.alloc(50_000_000));
    await expect.poll(() => waiting).toBeGreaterThan(0);
    expect(waiting).toBeLessThan(1_000_000);
    socket.destroy();
  });
});

describe("quiet connections", () => {
  test("are closed without a word: new ones after the time for headers, used ones after they were kept long enough", async () => {
    const { port } = await start({ options: { headersTimeout: 100, keepAliveTimeout: 700 } });
    const used = open(port, post("1"));
    const unused = open(port);
    expect(await unused.closed).toBe("");
    expect(used.socket.closed).toBe(false);
    expect(answers(await used.closed)).toBe(1);
  });

  test("are closed when the server drains, and what is under way is answered for the last time", async () => {
    const { seen, port, http: server } = await start({ receive: () => undefined });
    const [quiet, busy] = [open(port), open(port, post("1"))];
    await expect.poll(() => seen.plain.length).toBe(1);
    const drained = server.drain(60_000);
    expect(await quiet.closed).toBe("");
    seen.plain[0]?.answer(ok("late"));
    expect(await busy.closed).toMatch(/Connection: close\r\n\r\nlate$/);
    await drained;
  });

  test("are cut with all others when a drain takes longer than its grace", async () => {
    const { seen, port, http: server } = await start({ receive: () => undefined });
    const line = open(port, post("1"));
    await expect.poll(() => seen.plain.length).toBe(1);
    await server.drain(100);
    expect(await line.closed).toBe("");
  });
});
