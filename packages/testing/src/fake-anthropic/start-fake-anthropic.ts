import type { Json } from "@millrace/base";
import { type StubReply, type StubRequest, startStubServer } from "../stub-server.ts";
import { errorReply, requestId } from "./errors.ts";
import { countTokensReply, messageReply, type ScriptedMessage } from "./message-reply.ts";
import { models, presentModel } from "./models.ts";

export type FakeAnthropicOptions = {
  /** Keys that are accepted; any key when absent. */
  apiKeys?: readonly string[];
  port?: number;
};

export type ScriptedFailure = { status: number; body?: Json; message?: string; headers?: Record<string, string> };

export type FakeAnthropic = {
  /** What `ANTHROPIC_BASE_URL` should hold. */
  url: string;
  requests: StubRequest[];
  /** The next request gets this answer instead. Several calls queue up. */
  failNext(failure: ScriptedFailure): void;
  /** The next request is read and never answered. */
  hangNext(): void;
  /** The next request's connection is closed without an answer. */
  dropNext(): void;
  /** The next message has this text, stop reason or content. */
  answerNext(message: ScriptedMessage): void;
  close(): Promise<void>;
};

type Scripted = { reply: StubReply } | { message: ScriptedMessage };

const versions = ["2023-06-01", "2026-10-21"];

/** The Messages API on loopback, over real HTTP: checks keys, versions and bodies, and answers the same question the same way. */
export async function startFakeAnthropic({ apiKeys, port = 0 }: FakeAnthropicOptions = {}): Promise<FakeAnthropic> {
  const script: Scripted[] = [];
  const server = await startStubServer(
    (request) => {
      const next = script.shift();
      if (next && "reply" in next) return next.reply;
      return withOrganization(answer(request, apiKeys, next?.message));
    },
    { port },
  );
  return {
    url: server.url,
    requests: server.requests,
    failNext({ status, body, message, headers = {} }) {
      const usual = errorReply(status, { headers, ...(message === undefined ? {} : { message }) });
      const reply: StubReply =
        body === undefined ? usual : { status, json: body, headers: { "request-id": requestId(), ...headers } };
      script.push({ reply });
    },
    hangNext: () => void script.push({ reply: "hang" }),
    dropNext: () => void script.push({ reply: "drop" }),
    answerNext: (message) => void script.push({ message }),
    close: () => server.close(),
  };
}

/** Every answer names the organization behind the key. */
function withOrganization(reply: StubReply): StubReply {
  if (typeof reply === "string") return reply;
  return { ...reply, headers: { "anthropic-organization-id": "org_fake", ...reply.headers } };
}

function answer(request: StubRequest, apiKeys: readonly string[] | undefined, scripted?: ScriptedMessage): StubReply {
  const url = new URL(request.url, "http://fake");
  const key = keyOf(request);
  if (key === undefined) return errorReply(401, { message: "x-api-key header is required" });
  if (apiKeys && !apiKeys.includes(key)) return errorReply(401);
  const version = String(request.headers["anthropic-version"] ?? "");
  if (version === "") return errorReply(400, { message: "anthropic-version: header is required" });
  if (!versions.includes(version)) return errorReply(400, { message: `anthropic-version: "${version}" is not valid` });

  switch (`${request.method} ${url.pathname}`) {
    case "POST /v1/messages":
      return messageReply(request.json, version, scripted);
    case "POST /v1/messages/count_tokens":
      return countTokensReply(request.json, version);
    case "GET /v1/models":
      return modelsReply(url.searchParams);
    default:
      return errorReply(404);
  }
}

/** Either header will do; with both, the service goes by x-api-key. */
function keyOf({ headers }: StubRequest): string | undefined {
  const key = headers["x-api-key"];
  if (typeof key === "string" && key !== "") return key;
  return /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
}

function modelsReply(query: URLSearchParams): StubReply {
  const limit = Number(query.get("limit") ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    return errorReply(400, { message: "limit: Input should be between 1 and 1000" });
  }
  const after = query.get("after_id");
  const start = after === null ? 0 : models.findIndex((model) => model.id === after) + 1;
  const page = models.slice(start, start + limit);
  return {
    headers: { "request-id": requestId() },
    json: {
      data: page.map(presentModel),
      has_more: start + limit < models.length,
      first_id: page[0]?.id ?? null,
      last_id: page.at(-1)?.id ?? null,
    },
  };
}
