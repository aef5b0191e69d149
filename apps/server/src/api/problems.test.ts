import { openApiDocument, problemContentType } from "@millrace/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { openTestApi, problemIn, type TestApi } from "./open-test-api.fixture.ts";

let api: TestApi;
let own: Awaited<ReturnType<TestApi["openWorkspace"]>>;
beforeAll(async () => {
  api = await openTestApi();
  own = await api.openWorkspace("problems");
});
afterAll(() => api.close());

const send = (method: string, path: string, body?: string, headers: Record<string, string> = {}) =>
  api.request(path, {
    method,
    headers: { authorization: `Bearer ${own.key}`, "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body }),
  });

async function problemOf(response: Response) {
  expect(response.headers.get("content-type")).toContain(problemContentType);
  const problem = await problemIn(response);
  expect(problem.status).toBe(response.status);
  expect(problem.type).toBe(`urn:millrace:problem:${problem.code}`);
  return problem;
}

describe("a request that is wrong", () => {
  test("says where its JSON breaks", async () => {
    const problem = await problemOf(await send("PUT", "/keyvalue/k", '{\n  "value": 1,\n}'));
    expect(problem).toMatchObject({ status: 400, code: "invalid_json" });
    expect(problem.detail).toMatch(/line 3 column 1/);
  });

  test("names every field that is wrong", async () => {
    const problem = await problemOf(await send("PUT", "/keyvalue/k", '{"expiresIn":"soon","color":"red"}'));
    expect(problem).toMatchObject({ status: 400, code: "invalid_request" });
    expect(problem.issues?.map(({ path }) => path)).toEqual(expect.arrayContaining(["expiresIn", "color"]));
    const query = await problemOf(await send("GET", "/runs?limit=0&colour=red&status=done"));
    expect(query.issues?.map(({ path }) => path).sort()).toEqual(["colour", "limit", "status"]);
    expect((await problemOf(await send("GET", "/runs?limit=101"))).issues?.[0]?.path).toBe("limit");
    expect((await problemOf(await send("GET", "/runs?limit=5&limit=6"))).status).toBe(400);
  });

  test("is too large, too deep or packed, and ends there", async () => {
    const large = JSON.stringify({ value: "x".repeat(1_100_000) });
    expect(await problemOf(await send("PUT", "/keyvalue/k", large))).toMatchObject({ status: 413, code: "too_large" });
    const deep = `{"value":${"[".repeat(5_000)}${"]".repeat(5_000)}}`;
    expect(await problemOf(await send("PUT", "/keyvalue/k", deep))).toMatchObject({
      status: 400,
      code: "invalid_json",
    });
    for (const encoding of ["br", "gzip", "deflate"]) {
      const packed = await send("PUT", "/keyvalue/k", '{"value":1}', { "content-encoding": encoding });
      expect(await problemOf(packed), encoding).toMatchObject({ status: 415, code: "unsupported_media_type" });
    }
  });

  test("asks for a path that is none, or can't be read", async () => {
    expect(await problemOf(await send("GET", "/nothing"))).toMatchObject({
      status: 404,
      detail: /There is no GET \/api\/nothing/,
    });
    expect((await problemOf(await send("GET", "/keyvalue/%E0%A4%A"))).status).toBe(400);
    expect((await problemOf(await send("DELETE", "/me"))).status).toBe(404);
  });

  test("leaves prototypes alone, whatever its keys are called", async () => {
    const before = Object.getOwnPropertyNames(Object.prototype).sort();
    for (const key of ["__proto__", "constructor", "prototype"]) {
      await send("PUT", "/keyvalue/k", `{"value":{"${key}":{"polluted":1}},"${key}":{"polluted":1}}`);
      await send("PUT", `/keyvalue/${key}`, `{"value":{"${key}":{"polluted":1}}}`);
      await send("GET", `/runs?${key}[polluted]=1&${key}=1`);
      await send("POST", "/automations", `{"definition":{"${key}":{"polluted":1}}}`);
      expect((await own.client.keyvalue.get({ key })).key).toBe(key);
    }
    expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(before);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

test("a fault of ours tells nothing but where to look", async () => {
  const { keyValues } = api.services;
  const original = keyValues.get;
  keyValues.get = async () => {
    throw new Error("connect failed: postgresql://millrace:secret@db/millrace");
  };
  const problem = await problemOf(await send("GET", "/keyvalue/k"));
  keyValues.get = original;
  expect(problem).toMatchObject({ status: 500, code: "internal" });
  expect(JSON.stringify(problem)).not.toContain("secret");
  expect(api.logged.at(-1)?.facts).toMatchObject({ instance: problem.instance });
});

test("an unreachable database asks to come back", async () => {
  const { keyValues } = api.services;
  const original = keyValues.get;
  keyValues.get = async () => {
    throw Object.assign(new Error("Query failed"), {
      cause: Object.assign(new Error("connect"), { code: "ECONNREFUSED" }),
    });
  };
  const response = await send("GET", "/keyvalue/k");
  keyValues.get = original;
  expect(await problemOf(response)).toMatchObject({ status: 503, code: "unavailable" });
  expect(response.headers.get("retry-after")).toBe("2");
});

describe("the reference", () => {
  test("is open to everybody: schema, functions and OpenAPI document", async () => {
    const schema = await (await api.request("/definition.schema.json")).json();
    expect(schema).toMatchObject({ title: "Millrace automation", type: "object" });
    const { functions } = await own.client.reference.expressions();
    expect(functions.length).toBeGreaterThan(50);
    expect(functions[0]).toMatchObject({
      name: expect.any(String),
      doc: expect.any(String),
      signature: expect.any(String),
    });
    const document = await own.client.reference.openApi();
    const { version } = z.object({ version: z.string() }).parse(document.info);
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    const expected = openApiDocument({ version, publicUrl: api.url });
    expect(document).toEqual(JSON.parse(JSON.stringify(expected)));
  });

  test("has a page that loads nothing from elsewhere and runs nothing inline", async () => {
    const page = await api.request("/docs");
    const html = await page.text();
    expect(html).not.toMatch(/https?:|<script>|style=|<style/);
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-inline|unsafe-eval/);
    for (const [, file] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect((await api.request(`/${file}`)).status, file).toBe(200);
    }
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("has templates for those who are signed in", async () => {
    const { items } = await own.client.reference.templates();
    expect(items.map(({ id }) => id)).toEqual(expect.arrayContaining(["hello-webhook", "summarize-with-claude"]));
  });
});

describe("more requests than can be served", () => {
  test("are told to come back, and those under way end as ever", async () => {
    const client = await api.pool.connect();
    await client.query("BEGIN; LOCK TABLE key_values IN ACCESS EXCLUSIVE MODE");
    const refused: Response[] = [];
    const answers = Array.from({ length: 170 }, async () => {
      const answer = await send("GET", "/keyvalue");
      if (answer.status === 503) refused.push(answer);
      return answer.status;
    });
    await expect.poll(() => refused.length, { timeout: 9_000 }).toBe(20);
    await client.query("ROLLBACK");
    client.release();
    expect((await Promise.all(answers)).filter((status) => status === 200)).toHaveLength(150);
    for (const answer of refused) {
      expect(answer.headers.get("retry-after")).toBe("1");
      expect(await problemOf(answer)).toMatchObject({ status: 503, code: "unavailable" });
    }
    expect((await send("GET", "/keyvalue")).status).toBe(200);
  });
});
