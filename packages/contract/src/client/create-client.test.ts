import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { newId } from "@millrace/base";
import { afterEach, expect, test } from "vitest";
import { ApiError } from "./api-error.ts";
import { createClient } from "./create-client.ts";

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

async function serve(answer: Answer): Promise<string> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => answer(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answerJson = (response: ServerResponse, status: number, value: unknown) => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
};

test("puts each part of the input where the endpoint expects it", async () => {
  const seen: string[] = [];
  const baseUrl = await serve((request, response, body) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization} ${body}`);
    answerJson(response, 200, {
      key: "a/b ?",
      value: { n: [1] },
      version: 3,
      expiresAt: null,
      createdAt: "2026-11-21T09:30:00.000Z",
      updatedAt: "2026-11-21T09:30:00.000Z",
      updatedByRunId: null,
    });
  });
  const client = createClient({ baseUrl: `${baseUrl}/`, apiKey: "mr_key" });
  const entry = await client.keyvalue.put({ key: "a/b ?", value: { n: [1] }, expiresIn: "5m" });
  expect(seen).toEqual(['PUT /api/keyvalue/a%2Fb%20%3F Bearer mr_key {"value":{"n":[1]},"expiresIn":"5m"}']);
  expect(entry.version).toBe(3);
});

test("leaves absent query parameters out and reads pages", async () => {
  const urls: (string | undefined)[] = [];
  const baseUrl = await serve((request, response) => {
    urls.push(request.url);
    answerJson(response, 200, { items: [], nextCursor: null });
  });
  const client = createClient({ baseUrl });
  const automationId = newId("automation");
  expect(await client.runs.list()).toEqual({ items: [], nextCursor: null });
  await client.runs.list({ automationId, status: "failed", limit: 5 });
  expect(urls).toEqual(["/api/runs", `/api/runs?automationId=${automationId}&status=failed&limit=5`]);
});

test("throws what the problem details say", async () => {
  const baseUrl = await serve((_, response) => {
    answerJson(response, 422, {
      type: "urn:millrace:problem:definition_invalid",
      title: "The definition is wrong",
      status: 422,
      detail: "1 problem",
      code: "definition_invalid",
      issues: [{ path: "steps[0].action", message: "There is no action x.y.", nearest: "keyvalue.set" }],
    });
  });
  const failure = await createClient({ baseUrl })
    .automations.check({ definition: {} })
    .catch((error) => error);
  expect(failure).toBeInstanceOf(ApiError);
  expect(failure).toMatchObject({ status: 422, code: "definition_invalid", message: "1 problem" });
  expect(failure.issues[0].nearest).toBe("keyvalue.set");
});

test("says what happened where no answer of ours came", async () => {
  const page = await serve((_, response) => {
    response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>");
  });
  await expect(createClient({ baseUrl: page }).account.me()).rejects.toMatchObject({
    status: 502,
    code: "unexpected_answer",
  });

  const strange = await serve((_, response) => answerJson(response, 200, { hello: "world" }));
  await expect(createClient({ baseUrl: strange }).account.me()).rejects.toMatchObject({ code: "unexpected_answer" });

  const gone = await serve((request) => request.socket.destroy());
  await expect(createClient({ baseUrl: gone }).account.me()).rejects.toMatchObject({ status: 0, code: "unreachable" });
});

test("takes an empty answer where there is nothing to tell", async () => {
  const baseUrl = await serve((_, response) => response.writeHead(204).end());
  await expect(createClient({ baseUrl }).keyvalue.delete({ key: "k" })).resolves.toBeUndefined();
});

test("signs in and out with the page's own cookies", async () => {
  const seen: string[] = [];
  const baseUrl = await serve((request, response, body) => {
    seen.push(`${request.method} ${request.url} ${body}`);
    response.writeHead(204).end();
  });
  const client = createClient({ baseUrl });
  await client.signIn({ email: "ada@example.com", password: "difference engine" });
  await client.signOut();
  expect(seen).toEqual([
    'POST /api/auth/sign-in/email {"email":"ada@example.com","password":"difference engine"}',
    "POST /api/auth/sign-out ",
  ]);
});

test("reads live events, across chunk borders, until the stream ends", async () => {
  const event = {
    type: "run.changed",
    automationId: newId("automation"),
    runId: newId("run"),
    status: "succeeded",
    at: "2026-11-21T09:30:00.000Z",
  };
  const text = `: hello\n\ndata: ${JSON.stringify(event)}\n\nevent: other\ndata: {"type":"unknown"}\n\ndata: ${JSON.stringify(event)}\n\n`;
  const baseUrl = await serve((request, response) => {
    expect(request.url).toBe(`/api/runs/${event.runId}/events`);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(text.slice(0, 40));
    setImmediate(() => response.end(text.slice(40)));
  });
  const seen: unknown[] = [];
  for await (const live of createClient({ baseUrl }).watch({ runId: event.runId })) seen.push(live);
  expect(seen).toEqual([event, event]);
});

test("stops watching when the signal aborts", async () => {
  const baseUrl = await serve((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(": hello\n\n");
  });
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  for await (const live of createClient({ baseUrl }).watch({ signal: controller.signal })) expect(live).toBeUndefined();
  expect(controller.signal.aborted).toBe(true);
});
