import { openEmptyDatabase, type StubServer, startStubServer, type TestDatabase } from "@millrace/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "./millrace-process.ts";
import { newInstallation, type RoleProcess, startRole } from "./role-process.ts";

// Whatever senders and services say stays in the database: no log line, metric or span repeats it.
const mark = "payload-mark-5f0c";

let database: TestDatabase;
let stub: StubServer;
let collector: StubServer;
let server: RoleProcess;

beforeAll(async () => {
  [database, stub, collector] = await Promise.all([openEmptyDatabase(), startStubServer(), startStubServer()]);
  const text = `${mark} from the service`;
  stub.answerWith(({ url }) =>
    url.startsWith("/fails") ? { status: 422, json: { text }, headers: { "x-note": mark } } : { json: { text } },
  );
  server = await startRole("ingress,api,worker", newInstallation(database.url), {
    LOG_LEVEL: "debug",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  });
});
afterAll(async () => {
  server?.signal("SIGTERM");
  await server?.exited;
  await Promise.all([database?.close(), stub?.close(), collector?.close()]);
});

const post = (url: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`${url}?note=${mark}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-note": mark, ...headers },
    body,
  });

async function publish(name: string, trigger: object, path: string): Promise<string> {
  const call = {
    id: "call",
    action: "http.request",
    input: { method: "POST", url: `${stub.url}${path}`, bodyType: "json", body: { text: "{{ trigger.body.text }}" } },
  };
  const keep = {
    id: "keep",
    action: "keyvalue.set",
    input: { key: "{{ trigger.body.text }}", value: "{{ steps.call }}" },
  };
  const definition = { millrace: 1, name, trigger: { type: "webhook", ...trigger }, steps: [call, keep] };
  const { webhookUrl } = await server.client.automations.push({ definition, publish: true });
  return server.url + new URL(webhookUrl ?? "").pathname;
}

test("no log line, metric or span holds what was sent, mapped, answered or refused, down to level debug", async () => {
  const body = JSON.stringify({ text: mark });
  const works = await publish("Works", { dedupe: "body" }, "/works");
  const fails = await publish("Fails", { filter: "trigger.body.text != 'other'" }, "/fails");
  const answers = [
    await post(works, body),
    await post(works, body),
    await post(works, `{"text":"${mark}`),
    await post(works, JSON.stringify({ [mark]: 1 })),
    await post(works, body, { "content-encoding": mark }),
    await post(fails, body),
    await post(fails, JSON.stringify({ text: "other", note: mark })),
    await fetch(`${server.url}/hooks/${mark}-${mark}`, { method: "POST", body }),
    await fetch(`${server.url}/api/runs?cursor=${mark}`, { headers: { authorization: `Bearer ${mark}` } }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([202, 200, 400, 202, 415, 202, 200, 404, 401]);
  await until(async () => {
    const { items } = await server.client.runs.list({});
    return items.length === 3 && items.every(({ status }) => status === "succeeded" || status === "failed");
  }, 30_000);
  const { items } = await server.client.runs.list({});
  expect(items.map(({ status }) => status).sort()).toEqual(["failed", "failed", "succeeded"]);
  // What is told is there: the run's id in a log line, and as its trace.
  for (const { id } of items) expect(server.output()).toContain(id);
  const spans = () => collector.requests.map(({ text }) => text).join("\n");
  await until(async () => spans().includes("http.request"), 30_000);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  for (const figure of [
    /^millrace_webhook_seconds_count\b.* [1-9]/m,
    /^millrace_run_start_seconds_count\b.* 3$/m,
    /^millrace_step_failures_total\{[^}]*action="http\.request"[^}]*\} 1$/m,
    /^nodejs_eventloop_lag_p99_seconds [\d.e-]+$/m,
  ])
    expect(metrics).toMatch(figure);
  expect(metrics).not.toContain(mark);
  expect(server.output()).not.toContain(mark);
  expect(spans()).not.toContain(mark);
});
