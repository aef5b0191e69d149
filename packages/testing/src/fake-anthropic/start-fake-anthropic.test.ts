import { afterAll, beforeAll, expect, test } from "vitest";
import { type FakeAnthropic, startFakeAnthropic } from "./start-fake-anthropic.ts";

let fake: FakeAnthropic;
beforeAll(async () => {
  fake = await startFakeAnthropic({ apiKeys: ["good"] });
});
afterAll(() => fake.close());

const headers = { "x-api-key": "good", "anthropic-version": "2026-10-21" };
const message = {
  model: "claude-haiku-5-5",
  max_tokens: 100,
  messages: [{ role: "user", content: "Hello there. More." }],
};

type Answer = {
  content?: unknown;
  stop_reason?: string;
  has_more?: boolean;
  last_id?: string;
  data?: { id: string }[];
};

async function ask(
  path: string,
  { body, headers: given = headers }: { body?: unknown; headers?: Record<string, string> } = {},
) {
  const init =
    body === undefined ? {} : { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) };
  const answer = await fetch(`${fake.url}${path}`, { ...init, headers: given });
  const json: Answer = JSON.parse(await answer.text());
  return { status: answer.status, id: answer.headers.get("request-id"), json };
}

test("answers the same question the same way", async () => {
  const first = await ask("/v1/messages", { body: message });
  const second = await ask("/v1/messages", { body: message });
  expect(first).toMatchObject({ status: 200, id: expect.stringMatching(/^req_/), json: { stop_reason: "end_turn" } });
  expect(first.json.content).toEqual([{ type: "text", text: "Hello there.", citations: null }]);
  expect(second.json.content).toEqual(first.json.content);
});

test.each<[string, Record<string, string>, number, string]>([
  ["no key", { "anthropic-version": "2026-10-21" }, 401, "x-api-key header is required"],
  ["a wrong key", { ...headers, "x-api-key": "bad" }, 401, "invalid x-api-key"],
  [
    "a wrong key beside a good bearer token",
    { ...headers, "x-api-key": "bad", authorization: "Bearer good" },
    401,
    "invalid x-api-key",
  ],
  ["no version", { "x-api-key": "good" }, 400, "anthropic-version: header is required"],
  [
    "an unknown version",
    { ...headers, "anthropic-version": "2020-01-01" },
    400,
    'anthropic-version: "2020-01-01" is not valid',
  ],
])("refuses %s", async (_what, given, status, text) => {
  const { json, ...answer } = await ask("/v1/messages", { body: message, headers: given });
  expect(answer.status).toBe(status);
  expect(json).toMatchObject({ type: "error", error: { message: text }, request_id: answer.id });
});

test.each<[unknown, number, string]>([
  ["{", 400, "The request body is not valid JSON"],
  [{ ...message, max_tokens: undefined }, 400, "max_tokens: Field required"],
  [{ ...message, messages: [] }, 400, "messages: at least one message is required"],
  [
    { ...message, messages: [{ role: "assistant", content: "x" }] },
    400,
    'messages: first message must use the "user" role',
  ],
  [{ ...message, temperature: 1 }, 400, "temperature: Extra inputs are not permitted"],
  [{ ...message, model: "gpt" }, 404, "model: gpt"],
])("refuses the body %j", async (body, status, text) => {
  expect(await ask("/v1/messages", { body })).toMatchObject({ status, json: { error: { message: text } } });
});

test("lists models a page at a time", async () => {
  const first = await ask("/v1/models?limit=3");
  const second = await ask(`/v1/models?limit=3&after_id=${first.json.last_id}`);
  expect([first.json.has_more, second.json.has_more]).toEqual([true, false]);
  const ids = [first, second].flatMap(({ json }) => json.data?.map((model) => model.id) ?? []);
  expect(new Set(ids).size).toBe(5);
});

test("plays the scripted answers in order, then its own again", async () => {
  fake.failNext({ status: 529, headers: { "retry-after": "1" } });
  fake.answerNext({ text: "scripted", stopReason: "refusal" });
  expect(await ask("/v1/messages", { body: message })).toMatchObject({
    status: 529,
    json: { error: { type: "overloaded_error" } },
  });
  expect((await ask("/v1/messages", { body: message })).json).toMatchObject({
    content: [{ text: "scripted" }],
    stop_reason: "refusal",
  });
  expect((await ask("/v1/messages", { body: message })).json.stop_reason).toBe("end_turn");
});
