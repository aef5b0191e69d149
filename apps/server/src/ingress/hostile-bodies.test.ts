import { connect } from "node:net";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asJson, type Hook, openTestIngress, type TestIngress } from "./open-test-ingress.fixture.ts";

const limit = 1_048_576;
let ingress: TestIngress;
let hook: Hook;

beforeAll(async () => {
  ingress = await openTestIngress();
  hook = await ingress.publish();
});
afterAll(() => ingress.close());

type Heard = { text: string; wasReset: boolean; sentBytes: number };

/**
 * Says the head, then goes on sending `chunk` for as long as the other side takes it, deaf to any answer. Resolves when the
 * connection is closed.
 */
function pour(head: string, chunk: Buffer): Promise<Heard> {
  return new Promise((resolve) => {
    const socket = connect(ingress.ports[0] ?? 0, "127.0.0.1");
    const heard: Heard = { text: "", wasReset: false, sentBytes: 0 };
    socket.on("data", (data) => {
      heard.text += data.toString();
    });
    socket.on("error", () => {
      heard.wasReset = true;
    });
    const push = () => {
      while (!socket.destroyed && socket.writable) {
        heard.sentBytes += chunk.length;
        if (!socket.write(chunk)) return;
      }
    };
    socket.on("drain", push);
    // The other side's end is no reason to stop for somebody who does not listen.
    socket.on("end", () => socket.destroy());
    socket.on("close", () => resolve(heard));
    socket.write(head, push);
  });
}

const headOf = (length: string): string =>
  `POST /hooks/${hook.token} HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n${length}\r\n\r\n`;
const statusOf = ({ text }: Heard): string => text.slice(0, 12);
const chunkOf = (bytes: number): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.toString(16)}\r\n`), Buffer.alloc(bytes, "x"), Buffer.from("\r\n")]);

describe("a body that is too long", () => {
  test.each([
    ["as it says itself, 100 MB", "Content-Length: 104857600", Buffer.alloc(65_536, "x")],
    ["in chunks without end", "Transfer-Encoding: chunked", chunkOf(65_536)],
  ])(
    "%s: the sender hears 413 before the connection is closed, and no more than a little is read",
    async (_name, length, chunk) => {
      const before = process.memoryUsage().arrayBuffers;
      const heard = await pour(headOf(length), chunk);
      expect(statusOf(heard)).toBe("HTTP/1.1 413");
      expect(heard.text).toMatch(/connection: close/i);
      expect(heard.text).toMatch(/"code":"too_large".*\}$/);
      expect(heard.sentBytes).toBeLessThan(64 * limit);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * limit);
    },
  );

  test("in chunks of one byte is refused long before it is too long", async () => {
    const heard = await pour(headOf("Transfer-Encoding: chunked"), Buffer.concat(Array(1_024).fill(chunkOf(1))));
    expect(statusOf(heard)).toBe("HTTP/1.1 400");
    expect(heard.text).toContain("too many pieces");
  });

  test("by one byte is refused, and one that is exactly as long as it may be is taken", async () => {
    const send = async (bytes: number) => (await ingress.send(hook.token, { body: Buffer.alloc(bytes) })).status;
    expect([await send(limit - 1), await send(limit), await send(limit + 1)]).toEqual([202, 202, 413]);
  });
});

describe("a body that is not what its head says", () => {
  test.each([
    ["shorter than announced", 100],
    ["complete, from a sender that is gone at once", 8],
  ])("%s: it is recorded, and nobody waits for the rest", async (_name, length) => {
    const own = await ingress.publish();
    const socket = connect(ingress.ports[0] ?? 0, "127.0.0.1");
    const head = `POST /hooks/${own.token} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n{"half":`;
    socket.write(head, () => socket.resetAndDestroy());
    socket.on("error", () => undefined);
    await expect.poll(async () => (await ingress.deliveries(own)).length, { timeout: 10_000 }).toBe(1);
    const [delivery] = await ingress.deliveries(own);
    if (length > 8) expect(delivery).toMatchObject({ verdict: "rejected", answer_status: 400 });
  });

  test.each([
    ["no packing at all", "gzip", Buffer.from("plain text"), 400],
    ["cut off", "gzip", gzipSync("x".repeat(1_000)).subarray(0, 20), 400],
    ["deflate without its header", "deflate", deflateRawSync("x"), 400],
    ["Brotli, which is never unpacked", "br", brotliCompressSync("{}"), 415],
    ["packed twice", "gzip, gzip", gzipSync(gzipSync("{}")), 415],
    ["an unknown packing", "zstd", Buffer.from("{}"), 415],
    ["a bomb", "gzip", gzipSync(Buffer.alloc(200 * limit), { level: 9 }), 413],
    ["a bomb, deflated", "deflate", deflateSync(Buffer.alloc(200 * limit), { level: 9 }), 413],
  ])("%s", async (_name, encoding, body, status) => {
    const answer = await ingress.send(hook.token, { body, headers: asJson({ "content-encoding": encoding }) });
    expect(answer.status).toBe(status);
  });
});

describe("a multipart form", () => {
  const headers = { "content-type": "multipart/form-data; boundary=x" };
  const form = '--x\r\nContent-Disposition: form-data; name="kind"\r\n\r\norder\r\n--x--\r\n';

  test("is filtered by its fields", async () => {
    const own = await ingress.publish({ filter: "trigger.body.kind == 'order'" });
    expect((await ingress.send(own.token, { headers, body: form })).status).toBe(202);
    const other = await ingress.send(own.token, { headers, body: form.replace("order", "offer") });
    expect([other.status, other.json.status]).toEqual([200, "filtered"]);
  });

  test("that is broken is text, and not taken for broken JSON", async () => {
    const own = await ingress.publish({ dedupe: "{{ trigger.body }}" });
    const body = form.slice(0, 40);
    expect((await ingress.send(own.token, { headers, body })).status).toBe(202);
    expect(await ingress.deliveries(own)).toMatchObject([{ verdict: "accepted", dedupe_key: body }]);
  });
});

describe("a content type starts no parser of ours", () => {
  test.each([
    ["missing", {}, "{not json"],
    [
      "multipart with file paths",
      { "content-type": "multipart/form-data; boundary=x" },
      '--x\r\nContent-Disposition: form-data; name="files"; filename="/etc/passwd"\r\n\r\nx\r\n--x--',
    ],
    [
      "a form nested without end",
      { "content-type": "application/x-www-form-urlencoded" },
      `a${"[a]".repeat(20_000)}=1`,
    ],
    ["a character set that does not exist", { "content-type": "text/plain; charset=utf-7,\u00ff" }, "+ADw-script+AD4-"],
  ])("%s: the bytes are kept as they came", async (_name, headers, body) => {
    const own = await ingress.publish();
    expect((await ingress.send(own.token, { headers, body })).status).toBe(202);
    const [event] = await ingress.rows(
      "SELECT body FROM events WHERE id = (SELECT event_id FROM deliveries WHERE automation_id = $1)",
      own.automationId,
    );
    expect(event.body.toString()).toBe(body);
  });
});
