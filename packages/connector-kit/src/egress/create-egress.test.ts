import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { Failure } from "@millrace/base";
import { afterEach, expect, test } from "vitest";
import { createEgress } from "./create-egress.ts";
import { type LocalServer, startLocalServer } from "./local-server.fixture.ts";

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const open of closing.splice(0).reverse()) await open.close();
});

async function serve(answer: Parameters<typeof startLocalServer>[0]): Promise<LocalServer> {
  const server = await startLocalServer(answer);
  closing.push(server);
  return server;
}

function open(options: Parameters<typeof createEgress>[0] = {}) {
  const egress = createEgress({ allow: ["127.0.0.1/32"], ...options });
  closing.push(egress);
  return egress;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  return error instanceof Failure ? error.code : String(error);
}

test("sends method, headers and body, and reads status, headers and JSON", async () => {
  const server = await serve((_request, response) => {
    response.writeHead(201, { "content-type": "application/json", "x-seen": "yes" }).end('{"id": 7}');
  });
  const answer = await open().fetch({
    url: `${server.origin}/items?a=1`,
    method: "post",
    headers: { "X-Mine": "1" },
    body: "hi",
  });
  expect({ status: answer.status, seen: answer.headers.get("x-seen"), json: answer.json() }).toEqual({
    status: 201,
    seen: "yes",
    json: { id: 7 },
  });
  expect(server.requests[0]).toMatchObject({ method: "POST", url: "/items?a=1", body: "hi" });
  expect(server.requests[0]?.headers).toMatchObject({ "x-mine": "1", "accept-encoding": "gzip, deflate" });
});

test("reads gzip and both kinds of deflate, and refuses brotli and stacked encodings", async () => {
  const plain = "millrace ".repeat(100);
  const variants: Record<string, [string, Buffer]> = {
    "/gzip": ["gzip", gzipSync(plain)],
    "/zlib": ["deflate", deflateSync(plain)],
    "/raw": ["deflate", deflateRawSync(plain)],
    "/br": ["br", brotliCompressSync(plain)],
    "/stacked": ["gzip, gzip", gzipSync(gzipSync(plain))],
    "/broken": ["gzip", gzipSync(plain).subarray(0, 20)],
  };
  const server = await serve((request, response) => {
    const [encoding, body] = variants[request.url ?? ""] ?? ["", Buffer.alloc(0)];
    response.writeHead(200, { "content-encoding": encoding }).end(body);
  });
  const egress = open();
  for (const path of ["/gzip", "/zlib", "/raw"]) {
    expect((await egress.fetch({ url: `${server.origin}${path}` })).text()).toBe(plain);
  }
  expect(await codeOf(egress.fetch({ url: `${server.origin}/br` }))).toBe("contract_drift");
  expect(await codeOf(egress.fetch({ url: `${server.origin}/stacked` }))).toBe("contract_drift");
  expect(await codeOf(egress.fetch({ url: `${server.origin}/broken` }))).toBe("provider_unavailable");
});

test("stops at the size limit, before and after decompression", async () => {
  const server = await serve((request, response) => {
    const body = Buffer.alloc(200_000);
    if (request.url === "/bomb") response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(body));
    else response.end(body);
  });
  const egress = open({ maxResponseBytes: 100_000 });
  expect(await codeOf(egress.fetch({ url: `${server.origin}/plain` }))).toBe("too_large");
  expect(await codeOf(egress.fetch({ url: `${server.origin}/bomb` }))).toBe("too_large");
});

test("a server that accepts and never answers is a timeout, and one that hangs up or refuses is unavailable", async () => {
  const hanging = await serve(() => {});
  const dropping = await serve((request) => request.socket.destroy());
  const gone = await startLocalServer(() => {});
  await gone.close();
  const egress = open();
  expect(await codeOf(egress.fetch({ url: hanging.origin, timeoutMs: 50 }))).toBe("timeout");
  expect(await codeOf(open({ headersTimeoutMs: 50 }).fetch({ url: hanging.origin }))).toBe("timeout");
  expect(await codeOf(egress.fetch({ url: dropping.origin }))).toBe("provider_unavailable");
  expect(await codeOf(egress.fetch({ url: gone.origin }))).toBe("provider_unavailable");
});

test("the caller's abort ends the exchange with the caller's reason", async () => {
  const hanging = await serve(() => controller.abort(new Error("run canceled")));
  const controller = new AbortController();
  await expect(open().fetch({ url: hanging.origin, signal: controller.signal })).rejects.toThrow("run canceled");
  await expect(open().fetch({ url: hanging.origin, signal: controller.signal })).rejects.toThrow("run canceled");
  expect(hanging.requests).toHaveLength(1);
});

test("redirects to the same origin keep headers, and 307 keeps the body", async () => {
  const server = await serve((request, response) => {
    if (request.url === "/start") response.writeHead(307, { location: "/end" }).end();
    else response.end("done");
  });
  const answer = await open().fetch({
    url: `${server.origin}/start`,
    method: "POST",
    body: "data",
    headers: { authorization: "k" },
  });
  expect([answer.text(), answer.url]).toEqual(["done", `${server.origin}/end`]);
  expect(server.requests[1]).toMatchObject({ method: "POST", body: "data", headers: { authorization: "k" } });
});

test("a redirect to another origin carries no header that could be a credential", async () => {
  const other = await serve((_request, response) => response.end("other"));
  const server = await serve((_request, response) => response.writeHead(302, { location: `${other.origin}/x` }).end());
  const headers = {
    authorization: "secret",
    cookie: "secret",
    "x-api-key": "secret",
    "idempotency-key": "k",
    accept: "text/plain",
  };
  const answer = await open().fetch({ url: server.origin, method: "POST", body: "secret", headers });
  expect(answer.text()).toBe("other");
  expect(other.requests[0]).toMatchObject({ method: "GET", body: "", headers: { accept: "text/plain" } });
  expect(JSON.stringify(other.requests[0])).not.toContain("secret");
});

test("content is never re-sent to another origin, and a fourth redirect is not followed", async () => {
  const other = await serve((_request, response) => response.end());
  const server = await serve((request, response) => {
    const location = request.url === "/loop" ? "/loop" : other.origin;
    response.writeHead(request.url === "/loop" ? 302 : 308, { location }).end();
  });
  const egress = open();
  expect(await codeOf(egress.fetch({ url: `${server.origin}/away`, method: "PUT", body: "x" }))).toBe("egress_blocked");
  expect(other.requests).toHaveLength(0);
  expect(await codeOf(egress.fetch({ url: `${server.origin}/loop` }))).toBe("egress_blocked");
  expect(server.requests.filter((request) => request.url === "/loop")).toHaveLength(4);
  expect((await egress.fetch({ url: `${server.origin}/loop`, followRedirects: false })).status).toBe(302);
});

test("a bound egress asks its own origins only", async () => {
  const own = await serve((_request, response) => response.end("own"));
  const other = await serve((_request, response) => response.end("other"));
  const bound = open().bind({ origins: [own.origin] });
  expect((await bound.fetch({ url: own.origin })).text()).toBe("own");
  expect(await codeOf(bound.fetch({ url: other.origin, headers: { authorization: "k" } }))).toBe("egress_blocked");
  expect(await codeOf(bound.bind({ origins: [other.origin] }).fetch({ url: other.origin }))).toBe("egress_blocked");
  expect(other.requests).toHaveLength(0);
});

test("a credential is not sent in clear text unless the operator opened the host", async () => {
  const resolve = async () => [{ address: "93.184.216.34", family: 4 }];
  const bound = createEgress({ resolve }).bind({ origins: ["http://api.example.com"] });
  expect(await codeOf(bound.fetch({ url: "http://api.example.com/" }))).toBe("egress_blocked");
});

test("an origin the operator configured is open to its own binding and to nobody else", async () => {
  const gateway = await serve((_request, response) => response.end("gateway"));
  const egress = open({ allow: [] });
  const bound = egress.bind({ origins: [gateway.origin], operatorOrigins: [gateway.origin] });
  expect((await bound.fetch({ url: gateway.origin })).text()).toBe("gateway");
  expect(await codeOf(egress.fetch({ url: gateway.origin }))).toBe("egress_blocked");
  expect(await codeOf(egress.bind({ origins: [gateway.origin] }).fetch({ url: gateway.origin }))).toBe(
    "egress_blocked",
  );
  expect(gateway.requests).toHaveLength(1);
});

test("the observer hears what was sent and what was answered", async () => {
  const events: string[] = [];
  const observer = {
    sent: (method: string) => void events.push(`sent ${method}`),
    answered: (method: string, status: number) => void events.push(`answered ${method} ${status}`),
  };
  const server = await serve((_request, response) => response.writeHead(503).end());
  const dropping = await serve((request) => request.socket.destroy());
  const egress = open().bind({ observer });
  await egress.fetch({ url: server.origin, method: "POST" });
  await codeOf(egress.fetch({ url: dropping.origin, method: "PUT" }));
  await codeOf(egress.fetch({ url: "http://127.0.0.1:1024", method: "POST" }));
  expect(events).toEqual(["sent POST", "answered POST 503", "sent PUT"]);
});

test("headers that belong to the connection, or that HTTP cannot carry, are refused", async () => {
  const server = await serve((_request, response) => response.end());
  const egress = open();
  const refused: Record<string, string>[] = [
    { host: "evil" },
    { "transfer-encoding": "chunked" },
    { "x-a": "1\r\nx-b: 2" },
    { "bad name": "1" },
  ];
  for (const headers of refused) {
    expect(await codeOf(egress.fetch({ url: server.origin, headers }))).toBe("invalid_input");
  }
  expect(server.requests).toHaveLength(0);
});

test("stands in for fetch", async () => {
  const server = await serve((request, response) => {
    if (request.method === "DELETE") response.writeHead(204).end();
    else
      response
        .writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
        .end(gzipSync('{"ok":true}'));
  });
  const { fetchLike } = open();
  const answer = await fetchLike(`${server.origin}/v1`, {
    method: "POST",
    body: JSON.stringify({ a: 1 }),
    headers: { "x-api-key": "k" },
  });
  expect([answer.ok, await answer.json()]).toEqual([true, { ok: true }]);
  expect(server.requests[0]).toMatchObject({ method: "POST", body: '{"a":1}', headers: { "x-api-key": "k" } });
  expect((await fetchLike(server.origin, { method: "DELETE" })).status).toBe(204);
  await expect(fetchLike("http://localhost:9999/")).rejects.toMatchObject({ code: "egress_blocked" });
});
