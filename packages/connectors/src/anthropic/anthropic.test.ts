import { Failure, type FailureRecord, type JsonObject } from "@millrace/base";
import {
  type CallAction,
  checkConnection,
  createEgress,
  createRegistry,
  type Egress,
  loadOptions,
  runAction,
} from "@millrace/connector-kit";
import { type FakeAnthropic, type ScriptedFailure, startFakeAnthropic } from "@millrace/testing";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createConnectors } from "../create-connectors.ts";

const apiKey = "sk-ant-test-0123456789-secret";
const prompt = "APIANT is an integration platform. It connects things.";
let fake: FakeAnthropic;
let http: Egress;
beforeAll(async () => {
  fake = await startFakeAnthropic({ apiKeys: [apiKey] });
  http = createEgress({ allow: ["127.0.0.1/32"] });
});
afterEach(() => void fake.requests.splice(0));
afterAll(async () => {
  await http.close();
  await fake.close();
});

const registryAt = (anthropicBaseUrl: string) =>
  createRegistry(createConnectors({ anthropicBaseUrl, anthropicDefaultModel: "claude-haiku-5-5" }));

function actionNamed(id: string, baseUrl = fake.url): CallAction {
  const action = registryAt(baseUrl).getAction(id);
  if (action.kind === "call") return action;
  throw new Error(`${id} is not a call`);
}

type Overrides = { credential?: Record<string, string>; timeoutMs?: number; baseUrl?: string; http?: Egress };
const ask = (input: JsonObject, { credential = { apiKey }, timeoutMs = 10_000, baseUrl, ...rest }: Overrides = {}) =>
  runAction(actionNamed("anthropic.messageToAi", baseUrl), {
    input,
    credential,
    idempotencyKey: "key-1",
    http,
    now: new Date("2026-10-21T07:28:00Z"),
    timeoutMs,
    ...rest,
  });

async function failureOf(work: Promise<unknown>): Promise<FailureRecord> {
  const error: unknown = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof Failure)) throw new Error(`expected a Failure, got ${String(error)}`);
  const record = error.toRecord();
  expect(JSON.stringify(record)).not.toContain(apiKey);
  return record;
}

describe("message to AI", () => {
  test("sends prompt, system and limits, and returns text, model, stop reason and usage", async () => {
    const answer = await ask({ prompt, system: "Summarize the input in one sentence.", maxTokens: 200 });
    expect(answer).toEqual({
      text: "APIANT is an integration platform.",
      model: "claude-haiku-5-5",
      stopReason: "end_turn",
      usage: { inputTokens: 23, outputTokens: 5 },
    });
    expect(fake.requests).toHaveLength(1);
    expect(fake.requests[0]).toMatchObject({
      method: "POST",
      url: "/v1/messages",
      headers: { "x-api-key": apiKey, "idempotency-key": "key-1", "anthropic-version": "2026-10-21" },
      json: {
        model: "claude-haiku-5-5",
        max_tokens: 200,
        system: "Summarize the input in one sentence.",
        messages: [{ role: "user", content: prompt }],
      },
    });
  });

  test("an empty system prompt and model count as absent, and the token limit has a default", async () => {
    await ask({ prompt, system: "", model: "" });
    expect(fake.requests[0]?.json).toEqual({
      model: "claude-haiku-5-5",
      max_tokens: 1024,
      messages: [{ role: "user", content: prompt }],
    });
  });

  test("a temperature goes out in the version of the API that still takes one", async () => {
    expect(await ask({ prompt, model: "claude-sonnet-4-6", temperature: 0.2 })).toMatchObject({
      stopReason: "end_turn",
    });
    expect(fake.requests[0]).toMatchObject({
      headers: { "anthropic-version": "2023-06-01" },
      json: { temperature: 0.2 },
    });
  });

  test("a model that takes no temperature is named, with the field and the way out", async () => {
    expect(await failureOf(ask({ prompt, temperature: 0.2 }))).toMatchObject({
      code: "invalid_input",
      field: "temperature",
      advice: "Leave the temperature empty: claude-haiku-5-5 does not take one.",
    });
  });

  type Script = Parameters<FakeAnthropic["answerNext"]>[0];
  const thinking = { type: "thinking", thinking: "x", signature: "y" };
  test.each<[Script, JsonObject]>([
    [
      { text: "one two", stopReason: "max_tokens" },
      { text: "one two", stopReason: "max_tokens" },
    ],
    [
      { content: [], stopReason: "refusal" },
      { text: "", stopReason: "refusal" },
    ],
    [
      { text: "so far", stopReason: "pause_turn" },
      { text: "so far", stopReason: "pause_turn" },
    ],
    [{ text: "a", stopReason: "model_context_window_exceeded" }, { stopReason: "model_context_window_exceeded" }],
    [{ text: "a", stopReason: "some_new_reason" }, { stopReason: "some_new_reason" }],
    [{ content: [thinking, { type: "text", text: "b" }] }, { text: "b", stopReason: "end_turn" }],
  ])("keeps the text and the stop reason of %j", async (script, expected) => {
    fake.answerNext(script);
    expect(await ask({ prompt })).toMatchObject(expected);
  });

  test("an answer that is no message is contract drift", async () => {
    fake.failNext({ status: 200, body: { type: "message", content: "surprise" } });
    expect((await failureOf(ask({ prompt }))).code).toBe("contract_drift");
    fake.failNext({ status: 200, body: "x", headers: { "content-type": "text/html" } });
    expect((await failureOf(ask({ prompt }))).code).toBe("contract_drift");
  });
});

describe("failures", () => {
  const cases: [ScriptedFailure, Partial<FailureRecord>, RegExp][] = [
    [
      { status: 400, message: "max_tokens: too high" },
      { code: "invalid_input", field: "maxTokens" },
      /field that the message names/,
    ],
    [
      { status: 400, message: "Your credit balance is too low to access the Anthropic API." },
      { code: "quota_exhausted" },
      /Billing/,
    ],
    [
      { status: 400, message: "prompt is too long: 210000 tokens > 200000 maximum" },
      { code: "too_large", field: "prompt" },
      /Shorten/,
    ],
    [{ status: 401 }, { code: "credential_rejected" }, /x-api-key header.*another connection.*revoked/],
    [{ status: 402 }, { code: "quota_exhausted" }, /Waiting does not help/],
    [{ status: 403 }, { code: "permission_denied" }, /Console/],
    [
      { status: 404 },
      { code: "model_not_found", field: "model", message: expect.stringContaining("claude-haiku-5-5") },
      /spelling/,
    ],
    [{ status: 413 }, { code: "too_large" }, /Shorten/],
    [{ status: 429, headers: { "retry-after": "7" } }, { code: "rate_limited", retryAfterMs: 7_000 }, /by itself/],
    [
      { status: 429, headers: { "retry-after": "Wed, 21 Oct 2026 07:28:30 GMT" } },
      { code: "rate_limited", retryAfterMs: 30_000 },
      /by itself/,
    ],
    [{ status: 429 }, { code: "rate_limited" }, /by itself/],
    [{ status: 500 }, { code: "provider_unavailable" }, /status\.claude\.com/],
    [
      { status: 529, headers: { "retry-after": "3" } },
      { code: "provider_unavailable", retryAfterMs: 3_000 },
      /by itself/,
    ],
  ];

  test.each(cases)("%j becomes a code with advice", async (scripted, expected, advice) => {
    fake.failNext(scripted);
    const failure = await failureOf(ask({ prompt }));
    expect(failure).toMatchObject({
      ...expected,
      httpStatus: scripted.status,
      facts: { requestId: expect.stringMatching(/^req_/), providerMessage: expect.any(String) },
    });
    expect(failure.advice).toMatch(advice);
    expect(fake.requests, "the SDK must not retry by itself").toHaveLength(1);
  });

  test("a wrong key and an unknown model are told apart by the real checks too", async () => {
    expect((await failureOf(ask({ prompt }, { credential: { apiKey: "sk-ant-other-key-000" } }))).code).toBe(
      "credential_rejected",
    );
    expect(await failureOf(ask({ prompt, model: "claude-nothing" }))).toMatchObject({
      code: "model_not_found",
      message: expect.stringContaining('"claude-nothing"'),
    });
  });

  test("the service's words are kept short and never hold the key", async () => {
    fake.failNext({ status: 400, message: `bad key ${apiKey} ${"x".repeat(1_000)}` });
    const failure = await failureOf(ask({ prompt }, { credential: { apiKey: ` ${apiKey}\n` } }));
    expect(failure.message.length).toBeLessThan(400);
    expect(failure.message).toContain("[secret]");
  });

  test("no answer is a timeout, a dropped connection is unavailable", async () => {
    fake.hangNext();
    expect((await failureOf(ask({ prompt }, { timeoutMs: 100 }))).code).toBe("timeout");
    fake.dropNext();
    expect((await failureOf(ask({ prompt }))).code).toBe("provider_unavailable");
  });

  test("an address without the API says so", async () => {
    fake.failNext({ status: 404, body: "nothing here" });
    expect(await failureOf(ask({ prompt }))).toMatchObject({
      code: "not_found",
      advice: expect.stringContaining("base URL"),
    });
  });

  test("the key does not leave for a private address that the operator has not opened", async () => {
    const closed = createEgress();
    const credential = { apiKey, baseUrl: fake.url };
    const failure = await failureOf(
      ask({ prompt }, { credential, http: closed, baseUrl: "https://gateway.example.com" }),
    );
    expect(failure).toMatchObject({ code: "egress_blocked", advice: expect.stringContaining("EGRESS_ALLOW") });
    expect(fake.requests).toHaveLength(0);
    await closed.close();
  });

  test("the operator's base URL is reachable without opening it to anything else", async () => {
    const closed = createEgress();
    expect(await ask({ prompt }, { http: closed })).toMatchObject({ stopReason: "end_turn" });
    await expect(closed.fetch({ url: fake.url })).rejects.toMatchObject({ code: "egress_blocked" });
    await closed.close();
  });

  test("a connection's own base URL wins over the operator's, with or without /v1", async () => {
    const credential = { apiKey, baseUrl: `${fake.url}/v1/` };
    expect(await ask({ prompt }, { credential, baseUrl: "https://gateway.example.com" })).toMatchObject({
      stopReason: "end_turn",
    });
  });
});

describe("around the message", () => {
  const context = { idempotencyKey: "key-1", now: new Date(), credential: { apiKey } };

  test("lists models over pages and offers them as choices", async () => {
    const list = await runAction(actionNamed("anthropic.listModels"), { ...context, http, input: { limit: 2 } });
    expect(list).toMatchObject({
      models: [{ id: "claude-opus-5-5", name: "Claude Opus 5.5" }, { id: "claude-sonnet-5-5" }],
    });
    const options = await loadOptions(actionNamed("anthropic.messageToAi"), "model", {
      ...context,
      http,
      search: "haiku",
    });
    expect(options).toEqual([
      { value: "claude-haiku-5-5", label: "Claude Haiku 5.5", description: "claude-haiku-5-5" },
      { value: "claude-haiku-4-5", label: "Claude Haiku 4.5", description: "claude-haiku-4-5" },
    ]);
  });

  test("counts tokens without asking for an answer", async () => {
    const count = await runAction(actionNamed("anthropic.countTokens"), {
      ...context,
      http,
      input: { prompt: "12345678" },
    });
    expect(count).toEqual({ inputTokens: 2 });
    expect(fake.requests[0]?.url).toBe("/v1/messages/count_tokens");
  });

  test("checks a connection: who it is, or why not", async () => {
    const connector =
      actionNamed("anthropic.messageToAi").connection && registryAt(fake.url).findConnector("anthropic");
    if (!connector) throw new Error("no connector");
    expect(await checkConnection(connector, { apiKey }, http)).toEqual({ ok: true, account: "Organization org_fake" });
    const refused = await checkConnection(connector, { apiKey: "sk-ant-wrong-key-000" }, http);
    expect(refused).toMatchObject({ ok: false, failure: { code: "credential_rejected" } });
    const malformed = await checkConnection(connector, { apiKey: "sk-ant with spaces" }, http);
    expect(malformed).toMatchObject({ ok: false, failure: { code: "invalid_input", detail: { field: "apiKey" } } });
    expect(JSON.stringify([refused, malformed])).not.toContain("sk-ant");
  });
});
