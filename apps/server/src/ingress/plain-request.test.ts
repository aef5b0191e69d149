import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { framePlainRequest, parsePlainRequest } from "./plain-request.ts";

type Seen = { method?: string; target?: string; headers: IncomingHttpHeaders; rawHeaders: string[]; body: string };

/** node:http's parser, on a connection of its own for each text. */
let server: Server;
let seen: Seen[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url: target, headers, rawHeaders } = request;
      seen.push({ method, target, headers, rawHeaders, body: Buffer.concat(chunks).toString("latin1") });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => server.close());

async function asNodeReads(text: string): Promise<Seen[]> {
  seen = [];
  await new Promise<void>((resolve) => {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1", () => socket.end(text, "latin1"));
    socket.on("error", () => undefined).on("close", () => resolve());
    socket.resume();
  });
  return seen;
}

function asPlain(text: string): Seen | undefined {
  const bytes = Buffer.from(text, "latin1");
  const frame = framePlainRequest(bytes);
  const request = frame?.missingBytes === 0 ? parsePlainRequest(bytes, frame) : undefined;
  if (!request) return undefined;
  const { method, target, headers, rawHeaders, body } = request;
  return { method, target, headers, rawHeaders: [...rawHeaders], body: body.toString("latin1") };
}

const head = "POST /hooks/abc HTTP/1.1\r\nHost: a\r\n";
const oneOf = <Value>(...values: Value[]) => fc.constantFrom(...values);
const odd = oneOf("\r", "\n", "\r\n", "\0", "\x7f", "\x80", "\xff", " ", "\t", ":", "\v", "#", "?", '"', "");
const token = fc.string({ unit: oneOf(..."abcXYZ019-_!~'*"), minLength: 1, maxLength: 8 });
const value = fc.string({ unit: oneOf(...'abc 019\t,;=/\xe9\xff"()'), maxLength: 12 });
const known = oneOf(
  "Content-Type",
  "content-length",
  "Connection",
  "TE",
  "Cookie",
  "X-Signature",
  "__proto__",
  "Expect",
);
const knownValue = oneOf(
  "close",
  "keep-alive",
  "Keep-Alive",
  "upgrade",
  "2",
  "+2",
  "0x2",
  "2, 2",
  "trailers",
  "100-continue",
);
const line = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(token, oneOf(": ", ":", ":\t ", " : "), value) },
  { weight: 2, arbitrary: fc.tuple(known, oneOf(": ", ":"), knownValue) },
  { weight: 1, arbitrary: fc.tuple(token, oneOf(": "), odd) },
);
const message = fc.record({
  method: fc.oneof({ weight: 9, arbitrary: oneOf("POST") }, { weight: 1, arbitrary: oneOf("GET", "post", "POST ") }),
  target: fc.string({ unit: oneOf(...'ab0/?=&%#_-.~[]|^{}"\\<>`'), maxLength: 12 }),
  version: fc.oneof({ weight: 9, arbitrary: oneOf("1.1") }, { weight: 1, arbitrary: oneOf("1.0", "2.0", "1.1 ") }),
  lines: fc.array(line, { maxLength: 6 }),
  end: fc.oneof({ weight: 9, arbitrary: oneOf("\r\n") }, { weight: 1, arbitrary: odd }),
  body: fc.string({ unit: oneOf(...'{}"a1\xff\r\n'), maxLength: 20 }),
  surplus: fc.oneof({ weight: 9, arbitrary: oneOf(0) }, { weight: 1, arbitrary: oneOf(-1, 1, 5) }),
  lengthAt: fc.nat(6),
});
type Message = typeof message extends fc.Arbitrary<infer Value> ? Value : never;

function textOf({ method, target, version, lines, end, body, surplus, lengthAt }: Message): string {
  const headers = lines.map((parts) => parts.join(""));
  headers.splice(lengthAt, 0, "Host: a", `Content-Length: ${body.length + surplus}`);
  return `${method} /hooks/${target} HTTP/${version}\r\n${headers.map((one) => one + end).join("")}\r\n${body}`;
}

describe("a plain request", () => {
  test("is read exactly as node:http reads it, or not at all", async () => {
    let plain = 0;
    await fc.assert(
      fc.asyncProperty(message, async (parts) => {
        const text = textOf(parts);
        const request = asPlain(text);
        if (!request) return;
        plain++;
        expect(await asNodeReads(text)).toEqual([request]);
      }),
      { numRuns: 5_000 },
    );
    // Or this would say nothing.
    expect(plain).toBeGreaterThan(500);
  });

  test("may come with what real senders send", () => {
    const text = `${head}User-Agent: GitHub-Hookshot/044aadd\r\nContent-Type: application/json\r\nX-Hub-Signature-256: sha256=1f\r\nAccept: */*\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`;
    expect(asPlain(text)).toMatchObject({
      target: "/hooks/abc",
      headers: { "x-hub-signature-256": "sha256=1f" },
      body: "{}",
    });
    expect(framePlainRequest(Buffer.from(text))?.isLast).toBe(true);
  });

  test("tells how much of its body is still to come", () => {
    expect(framePlainRequest(Buffer.from(`${head}Content-Length: 5\r\n\r\nab`))).toMatchObject({ missingBytes: 3 });
  });
});

describe("everything else is left to node:http", () => {
  test.each([
    ["another method", "PUT /hooks/abc HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"],
    ["another path", "POST /api/runs HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"],
    ["a whole URL", "POST http://a/hooks/abc HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"],
    ["an older version", "POST /hooks/abc HTTP/1.0\r\nHost: a\r\nContent-Length: 0\r\n\r\n"],
    ["a head in part", "POST /hooks/abc HTTP/1.1\r\nHost: a\r\nContent-Le"],
    ["no length", `${head}\r\n`],
    ["two lengths", `${head}Content-Length: 2\r\ncontent-length: 2\r\n\r\n{}`],
    ["a length with a sign", `${head}Content-Length: +2\r\n\r\n{}`],
    ["chunks", `${head}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`],
    [
      "chunks with a space before the colon",
      `${head}Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
    ],
    ["a folded line", `${head}X-Long: a\r\n b\r\nContent-Length: 0\r\n\r\n`],
    ["a bare line feed", `${head}X: a\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n`],
    ["a question before the body", `${head}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}`],
    ["another protocol", `${head}Upgrade: h2c\r\nConnection: upgrade\r\nContent-Length: 0\r\n\r\n`],
    ["no host", "POST /hooks/abc HTTP/1.1\r\nContent-Length: 0\r\n\r\n"],
    ["two hosts", `${head}Host: b\r\nContent-Length: 0\r\n\r\n`],
    ["a second request behind the first", `${head}Content-Length: 0\r\n\r\n${head}Content-Length: 0\r\n\r\n`],
    ["a long body", `${head}Content-Length: 65537\r\n\r\n`],
    ["a long head", `${head}X: ${"x".repeat(16_384)}\r\nContent-Length: 0\r\n\r\n`],
    ["a head without end", `${head}X: ${"x".repeat(70_000)}`],
  ])("%s", (_name, text) => {
    expect(framePlainRequest(Buffer.from(text))).toBeUndefined();
  });

  test.each([
    ["the same header twice", "X-A: 1\r\nx-a: 2\r\n"],
    ["a name that objects have", "constructor: 1\r\n"],
    ["a cookie to set", "Set-Cookie: a=b\r\n"],
    ["more than 200 headers", Array.from({ length: 201 }, (_, index) => `X-${index}: 1\r\n`).join("")],
  ])("%s", (_name, lines) => {
    const bytes = Buffer.from(`${head}${lines}Content-Length: 0\r\n\r\n`);
    const frame = framePlainRequest(bytes);
    if (!frame) throw new Error("Its end is plain to see.");
    expect(parsePlainRequest(bytes, frame)).toBeUndefined();
  });
});
