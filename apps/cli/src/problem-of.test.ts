import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { problemSchema } from "@millrace/contract";
import { afterEach, describe, expect, test } from "vitest";
import { Refusal, startContractServer, testKey } from "./testing/contract-server.ts";
import { record } from "./testing/recorded-terminal.ts";

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function serve(handlers: Parameters<typeof startContractServer>[0]) {
  const server = await startContractServer(handlers);
  open.push(server.close);
  return { MILLRACE_URL: server.url, MILLRACE_API_KEY: testKey };
}

async function home(key?: string): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "millrace-home-"));
  open.push(() => rm(path, { recursive: true }));
  if (key !== undefined) await writeFile(join(path, "cli-key"), `${key}\n`);
  return path;
}

describe("the exit code says what went wrong", () => {
  const refusing = (status: number, code: string, detail: string) =>
    serve({
      keyvalue: {
        get() {
          throw new Refusal({ status, code, detail });
        },
      },
    });

  test("3 where nothing answers", async () => {
    const env = { MILLRACE_URL: "http://127.0.0.1:1", MILLRACE_API_KEY: testKey };
    const { code, err } = await record(["kv", "get", "k"], { env });
    expect(code).toBe(3);
    expect(err).toMatch(/Nothing answers at http:\/\/127\.0\.0\.1:1\.[\s\S]*npm start/);
  });

  test("3 where the answer breaks off", async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "100" }).write("{");
      setImmediate(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    open.push(() => new Promise((resolve) => server.close(() => resolve())));
    const env = {
      MILLRACE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      MILLRACE_API_KEY: testKey,
    };
    expect(await record(["kv", "get", "k"], { env })).toMatchObject({ code: 3, err: expect.stringContaining("broke") });
  });

  test("4 where the key is not accepted", async () => {
    const env = { ...(await serve({})), MILLRACE_API_KEY: "mlr_wrong_key_0123456789" };
    const { code, err } = await record(["kv", "get", "k"], { env });
    expect(code).toBe(4);
    expect(err).toContain("did not accept the API key");
    expect(err).not.toContain("mlr_wrong");
  });

  test("4 where the key lacks a scope, which is named", async () => {
    const env = await refusing(403, "forbidden", "This API key lacks the scope keyvalue:read.");
    expect(await record(["kv", "get", "k"], { env })).toMatchObject({
      code: 4,
      err: expect.stringContaining("scope keyvalue:read"),
    });
  });

  test.each([
    [404, "not_found", "There is no entry k."],
    [409, "conflict", "It changed meanwhile."],
    [500, "internal", "Something went wrong."],
  ])("1 for a %i, in the server's words", async (status, problemCode, detail) => {
    const env = await refusing(status, problemCode, detail);
    const { code, out, err } = await record(["kv", "get", "k", "--json"], { env });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(problemSchema.parse(JSON.parse(err))).toMatchObject({ status, code: problemCode, detail });
  });

  test.each([
    [["runs", "lst"]],
    [["runs"]],
    [["runs", "list", "--limit", "many"]],
    [["runs", "list", "--status", "done"]],
    [["kv", "get"]],
    [["kv", "get", "a", "b"]],
    [["keys", "create", "ci"]],
    [["keys", "create", "ci", "--scope", "runs:reed"]],
    [["connections", "add", "anthropic", "--name", "x"]],
  ])("2 for wrong arguments: %j", async (args) => {
    const { code, out, err } = await record(args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).not.toBe("");
  });

  test("2 for an address that is none", async () => {
    expect((await record(["openapi"], { env: { MILLRACE_URL: "localhost:4400" } })).code).toBe(2);
  });

  test("0 for help", async () => {
    expect(await record(["--help"])).toMatchObject({ code: 0, err: "" });
    expect(await record(["runs", "list", "--help"])).toMatchObject({ code: 0, err: "" });
  });
});

describe("the API key", () => {
  const value = {
    key: "k",
    value: 1,
    version: 1,
    expiresAt: null,
    createdAt: "2026-11-21T09:30:00.000Z",
    updatedAt: "2026-11-21T09:30:00.000Z",
    updatedByRunId: null,
  };

  test("of this machine's first start is found in its home", async () => {
    const { MILLRACE_URL } = await serve({ keyvalue: { get: () => value } });
    const env = { MILLRACE_URL, MILLRACE_HOME: await home(testKey) };
    expect(await record(["kv", "get", "k"], { env })).toMatchObject({ code: 0, out: "1\n" });
  });

  test("of this machine is never sent to another", async () => {
    const env = { MILLRACE_URL: "https://millrace.example", MILLRACE_HOME: await home(testKey) };
    const { code, err } = await record(["kv", "get", "k"], { env });
    expect(code).toBe(4);
    expect(err).toContain("There is no API key for https://millrace.example");
  });

  test("that is nowhere gives the sentence that says how to get one", async () => {
    const env = { MILLRACE_HOME: await home() };
    const { code, err } = await record(["kv", "get", "k"], { env });
    expect(code).toBe(4);
    expect(err).toMatch(/cli-key does not exist[\s\S]*npm start[\s\S]*Settings/);
  });

  test("is not needed for the OpenAPI document", async () => {
    const { MILLRACE_URL } = await serve({ reference: { openApi: () => ({ openapi: "3.1.0" }) } });
    expect(JSON.parse((await record(["openapi"], { env: { MILLRACE_URL } })).out)).toEqual({ openapi: "3.1.0" });
  });
});

describe("a secret typed in the wrong place", () => {
  const secret = "sk-ant-api03-hunter2";

  test.each([
    [["connections", "add", "anthropic", "--name", "a", "--from-env", secret]],
    [["connections", "add", "anthropic", "--name", "a", "--from-env", "SK_ANT_HUNTER2"]],
    [["connections", "add", "anthropic", "--name", "a", "--from-env", `apiKey=${secret}`]],
    [["connections", "add", "anthropic", "--name", "a", secret]],
    [["connections", "add", "anthropic", "--name", "a", `--api-key=${secret}`]],
    [["connections", "add", "anthropic", "--name", "a", `-k${secret}`]],
    [["connections", "add", "anthropic", "--name", "a", "--api-key", secret]],
    [["connections", "add", "anthropic", "--name", "a", `--json=${secret}`]],
  ])("is not repeated: %j", async (args) => {
    for (const form of [args, [...args, "--json"]]) {
      const { code, out, err } = await record(form);
      expect(code).toBe(2);
      expect(out + err).not.toMatch(/hunter2/i);
    }
  });
});
