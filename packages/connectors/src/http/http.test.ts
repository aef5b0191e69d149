import { Failure, type FailureRecord, type JsonObject } from "@millrace/base";
import {
  type CallAction,
  checkConnection,
  createEgress,
  createRegistry,
  type Egress,
  runAction,
} from "@millrace/connector-kit";
import { type StubReply, type StubServer, startStubServer } from "@millrace/testing";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createConnectors } from "../create-connectors.ts";

const registry = createRegistry(createConnectors({ anthropicDefaultModel: "any" }));
const found = registry.getAction("http.request");
if (found.kind !== "call") throw new Error("http.request is no call");
const action: CallAction = found;

const secret = "s3cr3t-tok3n/+value";
let server: StubServer;
let http: Egress;
beforeAll(async () => {
  server = await startStubServer();
  http = createEgress({ allow: ["127.0.0.1/32"] });
});
afterEach(() => {
  server.requests.splice(0);
  server.answerWith(() => ({ json: { ok: true } }));
});
afterAll(async () => {
  await http.close();
  await server.close();
});

const send = (input: JsonObject, credential?: Record<string, string>, timeoutMs = 10_000) =>
  runAction(action, {
    input: { url: `${server.url}/items`, ...input },
    credential,
    idempotencyKey: "key-1",
    http,
    now: new Date("2026-10-21T07:28:00Z"),
    timeoutMs,
  });

async function failureOf(work: Promise<unknown>): Promise<FailureRecord> {
  const error: unknown = await work.then(
    (answer) => answer,
    (caught: unknown) => caught,
  );
  if (!(error instanceof Failure)) throw new Error(`expected a Failure, got ${JSON.stringify(error)}`);
  return error.toRecord();
}

describe("requests", () => {
  test.each(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])("sends %s and reads JSON", async (method) => {
    expect(await send({ method })).toMatchObject({
      status: 200,
      body: { ok: true },
      bodyFormat: "json",
      url: `${server.url}/items`,
    });
    expect(server.requests[0]?.method).toBe(method);
  });

  test("HEAD has no body, and neither has 204", async () => {
    expect(await send({ method: "HEAD" })).toMatchObject({ status: 200, body: null, bodyFormat: "empty" });
    server.answerWith(() => ({ status: 204 }));
    expect(await send({})).toMatchObject({ status: 204, body: null });
  });

  test("adds query parameters and headers", async () => {
    await send({
      url: `${server.url}/a?x=1#part`,
      query: { "q&a": "ü b", list: [1, true] },
      headers: { "X-Number": 7, Accept: "text/plain" },
    });
    expect(server.requests[0]).toMatchObject({
      url: "/a?x=1&q%26a=%C3%BC+b&list=1&list=true",
      headers: { "x-number": "7", accept: "text/plain" },
    });
  });

  test.each<[JsonObject, string, string]>([
    [{ bodyType: "json", body: { a: [1, null] } }, "application/json", '{"a":[1,null]}'],
    [{ bodyType: "json", body: "text" }, "application/json", '"text"'],
    [
      { bodyType: "form", body: { a: "1 2", b: [true, "ü"], c: null } },
      "application/x-www-form-urlencoded",
      "a=1+2&b=true&b=%C3%BC&c=",
    ],
    [{ bodyType: "text", body: "hällo" }, "text/plain; charset=utf-8", "hällo"],
    [
      { bodyType: "json", body: {}, headers: { "content-type": "application/vnd.api+json" } },
      "application/vnd.api+json",
      "{}",
    ],
  ])("sends the body of %j", async (input, contentType, text) => {
    await send({ method: "POST", ...input });
    expect(server.requests[0]?.headers["content-type"]).toBe(contentType);
    expect(server.requests[0]?.text).toBe(text);
  });

  test("a write carries the idempotency key unless the step sets its own; a read carries none", async () => {
    await send({ method: "POST" });
    await send({ method: "PUT", headers: { "Idempotency-Key": "mine" } });
    await send({ method: "GET" });
    expect(server.requests.map((request) => request.headers["idempotency-key"])).toEqual(["key-1", "mine", undefined]);
  });

  test("effect and replay follow the method", () => {
    expect(action.behaviorFor({ url: "https://a.example" })).toEqual({ effect: "read", replay: "safe" });
    expect(action.behaviorFor({ url: "https://a.example", method: "DELETE" })).toEqual({
      effect: "destroy",
      replay: "keyed",
    });
    expect(action.behaviorFor({ url: "https://a.example", method: "PATCH" })).toEqual({
      effect: "write",
      replay: "keyed",
    });
  });

  test.each<[JsonObject, string]>([
    [{ url: "items" }, "url"],
    [{ url: "ftp://example.com" }, "url"],
    [{ method: "TRACE" }, "method"],
    [{ headers: { Host: "other" } }, "headers"],
    [{ headers: { "x-a": "1\r\nx-b: 2" } }, "headers"],
    [{ headers: { "Transfer-Encoding": "chunked" } }, "headers"],
    [{ body: { a: 1 } }, "bodyType"],
    [{ method: "HEAD", bodyType: "text", body: "x" }, "bodyType"],
    [{ method: "POST", bodyType: "form", body: [1] }, "body"],
    [{ method: "POST", bodyType: "form", body: { a: { b: 1 } } }, "body"],
    [{ method: "POST", bodyType: "text", body: {} }, "body"],
    [{ query: { a: { b: 1 } } }, "query.a"],
  ])("refuses %j and names the field", async (input, field) => {
    expect(await failureOf(send(input))).toMatchObject({ code: "invalid_input", field });
    expect(server.requests).toHaveLength(0);
  });

  test("a private address is blocked", async () => {
    expect((await failureOf(send({ url: "http://10.0.0.1/" }))).code).toBe("egress_blocked");
    expect((await failureOf(send({ url: "http://localhost:9/" }))).code).toBe("egress_blocked");
  });
});

describe("answers", () => {
  const cases: [StubReply, JsonObject][] = [
    [
      { body: "plain", headers: { "content-type": "text/plain" } },
      { body: "plain", bodyFormat: "text" },
    ],
    [
      { body: Buffer.from("größe", "latin1"), headers: { "content-type": "text/plain; charset=iso-8859-1" } },
      { body: "größe" },
    ],
    [
      { body: "{broken", headers: { "content-type": "application/json" } },
      { body: "{broken", bodyFormat: "text" },
    ],
    [
      { body: '{"a":1}', headers: { "content-type": "application/problem+json" } },
      { body: { a: 1 }, bodyFormat: "json" },
    ],
    [
      { body: Buffer.from([0xff, 0xd8, 0xff]), headers: { "content-type": "image/jpeg" } },
      { body: "/9j/", bodyFormat: "base64" },
    ],
    [{ body: Buffer.from([0xff, 0xfe]) }, { bodyFormat: "base64" }],
    [{ body: "no type" }, { body: "no type", bodyFormat: "text" }],
    [{ body: '{"__proto__":{"x":1}}', headers: { "content-type": "application/json" } }, { bodyFormat: "json" }],
  ];
  test.each(cases)("%j is read as %j", async (reply, expected) => {
    server.answerWith(() => reply);
    expect(await send({})).toMatchObject(expected);
    expect(Reflect.get({}, "x")).toBeUndefined();
  });

  test.each<[number, string]>([
    [400, "invalid_input"],
    [401, "credential_rejected"],
    [402, "quota_exhausted"],
    [403, "permission_denied"],
    [404, "not_found"],
    [408, "timeout"],
    [409, "conflict"],
    [413, "too_large"],
    [418, "invalid_input"],
    [425, "provider_unavailable"],
    [429, "rate_limited"],
    [500, "provider_unavailable"],
    [503, "provider_unavailable"],
  ])("status %i becomes %s with advice, status and the start of the body", async (status, code) => {
    server.answerWith(() => ({ status, json: { error: "x".repeat(5_000) } }));
    const failure = await failureOf(send({}));
    expect(failure).toMatchObject({ code, httpStatus: status, facts: { status }, advice: expect.any(String) });
    expect(String(failure.facts?.body)).toMatch(/^\{"error":"x+$/);
    expect(String(failure.facts?.body)).toHaveLength(1_000);
  });

  test("Retry-After is kept, and error statuses are answers where the step says so", async () => {
    server.answerWith(() => ({ status: 503, headers: { "retry-after": "12" }, body: "busy" }));
    expect((await failureOf(send({}))).retryAfterMs).toBe(12_000);
    expect(await send({ failOnErrorStatus: false })).toMatchObject({ status: 503, body: "busy" });
  });

  test("redirects are followed, or handed back", async () => {
    server.answerWith(({ url }) =>
      url === "/items" ? { status: 302, headers: { location: "/there" } } : { json: "there" },
    );
    expect(await send({})).toMatchObject({ status: 200, body: "there", url: `${server.url}/there` });
    expect(await send({ followRedirects: false })).toMatchObject({ status: 302, headers: { location: "/there" } });
  });

  test("silence is a timeout and a dropped connection is unavailable", async () => {
    server.answerWith(() => "hang");
    expect((await failureOf(send({}, undefined, 100))).code).toBe("timeout");
    server.answerWith(() => "drop");
    expect((await failureOf(send({ method: "POST" }))).code).toBe("provider_unavailable");
  });
});

describe("connections", () => {
  const origins = () => server.url;

  test("each scheme puts the secret in its place", async () => {
    await send({}, { scheme: "bearer", secret, origins: origins() });
    await send({}, { scheme: "basic", username: "ada", secret, origins: origins() });
    await send({}, { scheme: "header", name: "X-Api-Key", secret, origins: origins() });
    const answer = await send({ query: { a: "1" } }, { scheme: "query", name: "key", secret, origins: origins() });
    const [bearer, basic, header, query] = server.requests;
    expect(bearer?.headers.authorization).toBe(`Bearer ${secret}`);
    expect(basic?.headers.authorization).toBe(`Basic ${Buffer.from(`ada:${secret}`).toString("base64")}`);
    expect(header?.headers["x-api-key"]).toBe(secret);
    expect(query?.url).toBe(`/items?a=1&key=${encodeURIComponent(secret)}`);
    expect(answer.url).toBe(`${server.url}/items?a=1`);
  });

  test("the secret goes to the allowed origins only, also when a redirect asks for it", async () => {
    const other = await startStubServer();
    const credential = { scheme: "header", name: "X-Api-Key", secret, origins: `https://api.example.com ${origins()}` };
    const refused = await failureOf(send({ url: `${other.url}/` }, credential));
    expect(refused).toMatchObject({ code: "invalid_input", field: "url", advice: expect.stringContaining(origins()) });
    expect(other.requests).toHaveLength(0);
    server.answerWith(() => ({ status: 302, headers: { location: other.url } }));
    await send({}, credential);
    expect(JSON.stringify(other.requests[0]?.headers)).not.toContain(secret);
    await other.close();
  });

  test("a service that echoes the credential does not bring it into the failure", async () => {
    server.answerWith(({ headers, url }) => ({ status: 400, json: { echoed: JSON.stringify(headers), url } }));
    for (const [scheme, extra] of [
      ["bearer", {}],
      ["basic", { username: "ada" }],
      ["query", { name: "key" }],
    ] as const) {
      const text = JSON.stringify(await failureOf(send({}, { scheme, secret, origins: origins(), ...extra })));
      const pair = Buffer.from(`ada:${secret}`).toString("base64");
      for (const spelling of [secret, encodeURIComponent(secret), pair]) expect(text).not.toContain(spelling);
    }
  });

  test.each<[Record<string, string>, string]>([
    [{ scheme: "basic", secret, origins: "https://a.example" }, "username"],
    [{ scheme: "header", secret, origins: "https://a.example" }, "name"],
    [{ scheme: "header", name: "Host", secret, origins: "https://a.example" }, "name"],
    [{ scheme: "query", secret, origins: "https://a.example" }, "name"],
    [{ scheme: "bearer", secret: "a\nb", origins: "https://a.example" }, "secret"],
    [{ scheme: "bearer", secret, origins: "https://a.example/path" }, "origins"],
    [{ scheme: "bearer", secret, origins: " , " }, "origins"],
    [{ scheme: "digest", secret, origins: "https://a.example" }, "scheme"],
    [{ scheme: "bearer", origins: "https://a.example" }, "secret"],
  ])("an incomplete connection is refused with the field: case %#", async (credential, field) => {
    expect(() => action.connection?.validate(credential)).toThrow(
      expect.objectContaining({ detail: expect.objectContaining({ field }) }),
    );
  });

  test("a check asks the first origin and believes any answer that is no refusal", async () => {
    const credential = { scheme: "bearer", secret, origins: origins() };
    server.answerWith(() => ({ status: 404 }));
    expect(await checkConnection(found.connector, credential, http)).toEqual({
      ok: true,
      account: new URL(server.url).host,
    });
    server.answerWith(() => ({ status: 401 }));
    expect(await checkConnection(found.connector, credential, http)).toMatchObject({
      ok: false,
      failure: { code: "credential_rejected" },
    });
  });
});
