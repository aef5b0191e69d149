import { Failure, type FailureRecord } from "@millrace/base";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { type ActionSpec, action, type CallAction, type Replay } from "./action.ts";
import { defineConnection } from "./connection.ts";
import { fields } from "./credential-fields.ts";
import { createEgress } from "./egress/create-egress.ts";
import { startLocalServer } from "./egress/local-server.fixture.ts";
import { loadOptions } from "./load-options.ts";
import { type ActionCall, runAction } from "./run-action.ts";

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const open of closing.splice(0).reverse()) await open.close();
});

function egress() {
  const opened = createEgress({ allow: ["127.0.0.1/32"] });
  closing.push(opened);
  return opened;
}

function call(overrides: Partial<ActionCall> = {}): ActionCall {
  return {
    input: { text: "hi" },
    credential: undefined,
    idempotencyKey: "key-1",
    http: egress(),
    now: new Date("2026-01-01T00:00:00Z"),
    ...overrides,
  };
}

const input = z.object({
  text: z.string().min(1).meta({ title: "Text" }),
  count: z.number().int().default(1).meta({ title: "Count" }),
});
const output = z.object({ said: z.string() });
type Spec = ActionSpec<undefined, typeof input, typeof output>;

function say(overrides: Partial<Spec> = {}): CallAction {
  return action({
    title: "Say",
    summary: "Says it.",
    effect: "write",
    replay: "safe",
    input,
    output,
    example: { input: { text: "a" }, output: { said: "a" } },
    run: async (context) => ({ said: context.input.text.repeat(context.input.count) }),
    ...overrides,
  });
}

async function failureOf(work: Promise<unknown>): Promise<FailureRecord> {
  const error: unknown = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (error instanceof Failure) return error.toRecord();
  throw new Error(`expected a Failure, got ${String(error)}`);
}

describe("input and output", () => {
  test("fills defaults and keeps only the declared output", async () => {
    const run = async () => ({ said: "x", extra: "dropped" });
    expect(await runAction(say(), call({ input: { text: "ab" } }))).toEqual({ said: "ab" });
    expect(await runAction(say({ run }), call())).toEqual({ said: "x" });
  });

  test("refuses input that does not fit, naming the field by its title and never the value", async () => {
    expect(await failureOf(runAction(say(), call({ input: {} })))).toEqual({
      code: "invalid_input",
      message: "Text: a value is required.",
      field: "text",
    });
    const wrong = await failureOf(runAction(say(), call({ input: { text: "x", count: "hunter2" } })));
    expect(wrong).toMatchObject({
      code: "invalid_input",
      field: "count",
      message: "Count: expected number, got string.",
    });
    expect(JSON.stringify(wrong)).not.toContain("hunter2");
    for (const nothing of [null, "text", [], 7]) {
      expect((await failureOf(runAction(say(), call({ input: nothing })))).code).toBe("invalid_input");
    }
  });

  test("suggests the nearest field for an unknown one", async () => {
    expect(await failureOf(runAction(say(), call({ input: { txt: "x" } })))).toMatchObject({
      field: "txt",
      advice: 'Did you mean "text"?',
    });
  });

  test("an answer without the declared shape is contract drift and names the field", async () => {
    const run = async () => JSON.parse('{"said": 7}');
    expect(await failureOf(runAction(say({ run }), call()))).toMatchObject({ code: "contract_drift", field: "said" });
    expect((await failureOf(runAction(say({ run: async () => JSON.parse("null") }), call()))).code).toBe(
      "contract_drift",
    );
  });
});

describe("what goes wrong on the way", () => {
  test("an unforeseen error is our bug, and its text, which may quote anything, is not shown", async () => {
    const run = async () => {
      throw new TypeError("cannot read header authorization: Bearer hunter2");
    };
    const failure = await failureOf(runAction(say({ run }), call()));
    expect(failure).toMatchObject({ code: "own_bug", message: expect.stringContaining("TypeError") });
    expect(JSON.stringify(failure)).not.toContain("hunter2");
  });

  test("the action's advice completes a failure that has none", async () => {
    const run = async () => {
      throw new Failure("conflict", "taken");
    };
    const advised = say({ run, advice: { conflict: "Choose another name." } });
    expect((await failureOf(runAction(advised, call()))).advice).toBe("Choose another name.");
  });

  test("a call that ignores its signal still ends at its limit", async () => {
    const run = () => new Promise<never>(() => {});
    expect(await failureOf(runAction(say({ run }), call({ timeoutMs: 20 })))).toMatchObject({
      code: "timeout",
      facts: { limitMs: 20 },
    });
  });

  test("the caller's own abort is handed back as it is", async () => {
    const controller = new AbortController();
    const run = () => {
      controller.abort(new Error("lease lost"));
      return new Promise<never>(() => {});
    };
    await expect(runAction(say({ run }), call({ signal: controller.signal }))).rejects.toThrow("lease lost");
    await expect(runAction(say(), call({ signal: controller.signal }))).rejects.toThrow("lease lost");
  });
});

describe("after the request was sent", () => {
  const post = (url: string, replay: Replay) =>
    say({
      replay,
      run: async ({ http, signal }) => ({ said: (await http.fetch({ url, method: "POST", signal })).text() }),
    });

  test.each<[Replay, string]>([
    ["unsafe", "outcome_unknown"],
    ["keyed", "timeout"],
    ["safe", "timeout"],
  ])("silence makes a call that is %s to repeat end in %s", async (replay, code) => {
    const server = await startLocalServer(() => {});
    closing.push(server);
    expect((await failureOf(runAction(post(server.origin, replay), call({ timeoutMs: 150 })))).code).toBe(code);
    expect(server.requests).toHaveLength(1);
  });

  test("a dropped connection leaves the outcome of an unsafe call unknown", async () => {
    const server = await startLocalServer((request) => request.socket.destroy());
    closing.push(server);
    expect(await failureOf(runAction(post(server.origin, "unsafe"), call()))).toMatchObject({
      code: "outcome_unknown",
      facts: { failedWith: "provider_unavailable" },
    });
  });

  test("a refused connection does not: nothing was sent", async () => {
    const server = await startLocalServer(() => {});
    await server.close();
    expect((await failureOf(runAction(post(server.origin, "unsafe"), call()))).code).toBe("provider_unavailable");
  });

  test("a write that was done before a later failure is not repeated blindly", async () => {
    const server = await startLocalServer((request, response) => {
      if (request.method === "GET") request.socket.destroy();
      else response.end("done");
    });
    closing.push(server);
    const twoCalls = say({
      replay: "unsafe",
      run: async ({ http }) => {
        await http.fetch({ url: server.origin, method: "POST" });
        return { said: (await http.fetch({ url: server.origin })).text() };
      },
    });
    expect((await failureOf(runAction(twoCalls, call()))).code).toBe("outcome_unknown");
  });

  test("a clear refusal is an outcome: it stays rate_limited", async () => {
    const server = await startLocalServer((_request, response) => response.writeHead(429).end());
    closing.push(server);
    const limited = say({
      replay: "unsafe",
      run: async ({ http }) => {
        const answer = await http.fetch({ url: server.origin, method: "POST" });
        throw new Failure("rate_limited", "slow down", { httpStatus: answer.status });
      },
    });
    expect((await failureOf(runAction(limited, call()))).code).toBe("rate_limited");
  });
});

describe("with a connection", () => {
  const secret = 'sk-"secret"/ü+value';
  const connection = defineConnection({
    auth: fields({
      token: z.string().min(8).meta({ title: "Token", secret: true }),
      origin: z.string().meta({ title: "Origin", secret: false }),
    }),
    origins: ({ origin }) => [origin],
    client: ({ credential, http }) => ({ token: credential.token, http }),
    check: async () => ({}),
  });
  const echo = connection.action({
    title: "Echo",
    summary: "Throws what it was given.",
    effect: "read",
    replay: "safe",
    input: z.object({ url: z.string() }),
    output: z.object({ text: z.string() }),
    example: { input: { url: "https://a.example" }, output: { text: "a" } },
    options: { url: async ({ search }) => [{ value: search, label: "one" }] },
    run: async ({ client, input: given }) => {
      if (given.url !== "") return { text: (await client.http.fetch({ url: given.url })).text() };
      const spellings = [client.token, encodeURIComponent(client.token), Buffer.from(client.token).toString("base64")];
      throw new Failure("conflict", `bad ${client.token}`, {
        advice: spellings.join(" "),
        facts: { echoed: [{ body: JSON.stringify({ token: client.token }) }] },
      });
    },
  });
  const credential = { token: secret, origin: "https://api.example.com" };

  test("needs one, complete", async () => {
    expect((await failureOf(runAction(echo, call({ input: { url: "" } })))).code).toBe("connection_missing");
    const short = await failureOf(
      runAction(echo, call({ input: { url: "" }, credential: { ...credential, token: "short" } })),
    );
    expect(short).toMatchObject({ code: "invalid_input", field: "token" });
    expect(JSON.stringify(short)).not.toContain("short");
  });

  test("asks only the connection's own origins", async () => {
    const server = await startLocalServer((_request, response) => response.end("reached"));
    closing.push(server);
    const foreign = call({ input: { url: server.origin }, credential });
    expect((await failureOf(runAction(echo, foreign))).code).toBe("egress_blocked");
    const own = call({ input: { url: server.origin }, credential: { ...credential, origin: server.origin } });
    expect(await runAction(echo, own)).toEqual({ text: "reached" });
    expect(server.requests).toHaveLength(1);
  });

  test("a secret that a service echoes is taken out of the failure in every spelling", async () => {
    const failure = await failureOf(runAction(echo, call({ input: { url: "" }, credential })));
    const text = JSON.stringify(failure);
    const spellings = [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")];
    for (const spelling of [...spellings, JSON.stringify(secret).slice(1, -1)]) expect(text).not.toContain(spelling);
    expect(failure.message).toBe("bad [secret]");
  });

  test("offers the choices of a picker field and refuses other fields", async () => {
    const options = { credential, http: egress(), search: "ab" };
    expect(await loadOptions(echo, "url", options)).toEqual([{ value: "ab", label: "one" }]);
    expect((await failureOf(loadOptions(echo, "ulr", options))).advice).toContain("url");
    expect((await failureOf(loadOptions(echo, "url", { ...options, credential: undefined }))).code).toBe(
      "connection_missing",
    );
  });
});
