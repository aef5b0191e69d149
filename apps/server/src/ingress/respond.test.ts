import { request as sendRaw } from "node:http";
import { Session } from "node:inspector/promises";
import type { Step } from "@millrace/automation";
import { type StubServer, startStubServer } from "@millrace/testing";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { asJson, type Hook, openTestIngress, type TestIngress } from "./open-test-ingress.fixture.ts";
import { openTestWorker } from "./open-test-worker.fixture.ts";

async function collectGarbage(): Promise<void> {
  const session = new Session();
  session.connect();
  await session.post("HeapProfiler.collectGarbage");
  session.disconnect();
}

let ingress: TestIngress;
let stub: StubServer;
let worker: ReturnType<typeof openTestWorker> | undefined;
beforeAll(async () => {
  [ingress, stub] = await Promise.all([openTestIngress(), startStubServer()]);
});
afterEach(async () => {
  await worker?.close();
  worker = undefined;
});
afterAll(async () => {
  await stub.close();
  await ingress.close();
});

const greet: Step = { id: "greet", set: { text: "Hello, {{ trigger.body.name }}!" } };
const call = (): Step => ({ id: "call", action: "http.request", input: { method: "GET", url: `${stub.url}/slow` } });
const publish = (...steps: Step[]) => ingress.publish({ respond: "whenFinished" }, steps);
const post = (hook: Hook, body: object = { name: "Ada" }) =>
  ingress.send(hook.token, { body: JSON.stringify(body), headers: asJson() });

async function until<Value>(read: () => Promise<Value | undefined>): Promise<Value> {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; ) {
    const value = await read();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("It did not come about in 15 s.");
}
const recorded = (hook: Hook) =>
  until(async () => (await ingress.deliveries(hook)).find(({ reason }) => reason === null));

describe("a sender that waits", () => {
  test("is told the last step's output, and the delivery holds exactly that", async () => {
    worker = openTestWorker(ingress);
    const hook = await publish(greet);
    const answer = await post(hook);
    const [run] = await ingress.runs(hook);
    expect(answer).toMatchObject({
      status: 200,
      json: { runId: run?.id, status: "succeeded", output: { text: "Hello, Ada!" } },
    });
    expect(await recorded(hook)).toMatchObject({
      ...{ verdict: "accepted", run_id: run?.id, answer_status: 200, answer_body: answer.text },
    });
  });

  test("is not among those whose answers tell how quick ingress is", async () => {
    worker = openTestWorker(ingress);
    const count = async (name: string) =>
      Number(new RegExp(`^millrace_${name}_count (\\d+)$`, "m").exec((await ingress.metrics()) ?? "")?.[1]);
    const before = [await count("webhook_seconds"), await count("webhook_awaited_seconds")];
    await post(await publish(greet));
    await post(await ingress.publish({}, [greet]));
    await expect
      .poll(async () => [await count("webhook_seconds"), await count("webhook_awaited_seconds")])
      .toEqual(before.map((number) => number + 1));
  });

  test("is told what a Respond step says, in a sandbox", async () => {
    worker = openTestWorker(ingress);
    const page = "<script>fetch('/api/me')</script>{{ steps.greet.text }}";
    const headers = { "Content-Type": "text/html; charset=utf-8", "X-Trace": "{{ trigger.body.name }}" };
    const hook = await publish(greet, { id: "answer", respond: { status: 201, headers, body: page } });
    const answer = await post(hook);
    expect(answer).toMatchObject({
      status: 201,
      text: "<script>fetch('/api/me')</script>Hello, Ada!",
      headers: {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": "sandbox",
        "x-content-type-options": "nosniff",
        "x-trace": "Ada",
      },
    });
    expect(await recorded(hook)).toMatchObject({ answer_status: 201, answer_body: answer.text });
  });

  test("is answered by the first Respond step that ran, before the steps behind it are done", async () => {
    worker = openTestWorker(ingress);
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    stub.answerWith(async () => {
      await released;
      return { json: { ok: true } };
    });
    const answers: Step[] = [
      {
        id: "which",
        branch: [
          { when: "trigger.body.name == 'Ada'", steps: [{ id: "yes", respond: { body: { known: true } } }] },
          { otherwise: [{ id: "no", respond: { status: 404 } }] },
        ],
      },
      call(),
      { id: "late", respond: { body: "too late" } },
    ];
    const hook = await publish(...answers);
    expect(await post(hook)).toMatchObject({ status: 200, json: { known: true } });
    expect(await ingress.runs(hook)).toMatchObject([{ status: "running" }]);
    release();
    await until(async () => (await ingress.runs(hook)).find(({ status }) => status === "succeeded"));
    expect(await post(hook, { name: "Bob" })).toMatchObject({ status: 404, text: "" });
  });

  test("is answered although every live event was lost", async () => {
    worker = openTestWorker(ingress, { isSilent: true });
    expect(await post(await publish(greet))).toMatchObject({ status: 200, json: { status: "succeeded" } });
  });

  test("hears that its run failed, and not why", async () => {
    worker = openTestWorker(ingress);
    stub.answerWith(() => ({ status: 404, body: "internal details" }));
    const hook = await publish(call());
    const { status, json } = await post(hook);
    const [run] = await ingress.runs(hook);
    expect([status, json]).toEqual([
      500,
      { type: "urn:millrace:run_failed", status: 500, code: "run_failed", detail: "The run failed.", runId: run?.id },
    ]);
    expect(run?.status).toBe("failed");
  });

  test.each([
    ["a header with a line break", { headers: { "X-A": "{{ trigger.body.name }}" } }, { name: "a\r\nSet-Cookie: b=c" }],
    ["a status that is none", { status: "{{ trigger.body.name }}" }, { name: "Ada" }],
    ["a body where there is none", { status: 204, body: "{{ trigger.body.name }}" }, { name: "Ada" }],
    ["a path that is not there", { body: "{{ trigger.body.nme }}" }, { name: "Ada" }],
  ])("is not sent %s: the step fails", async (_what, respond, body) => {
    worker = openTestWorker(ingress);
    const hook = await publish({ id: "answer", respond });
    const { status, headers } = await post(hook, body);
    expect([status, headers["set-cookie"]]).toEqual([500, undefined]);
    expect(await ingress.runs(hook)).toMatchObject([{ status: "failed", failure_code: "mapping_failed" }]);
  });

  test("that comes twice with one key waits once", async () => {
    worker = openTestWorker(ingress);
    const hook = await ingress.publish({ respond: "whenFinished", dedupe: "{{ trigger.body.name }}" }, [greet]);
    const first = await post(hook);
    expect(await post(hook)).toMatchObject({ status: 200, json: { duplicate: true, runId: first.json.runId } });
  });

  test.each([
    ["short", 60_000],
    ["long", 1_000_000],
  ])("has its %s body kept by nobody meanwhile, so others may send theirs", async (_what, bytes) => {
    const hook = await publish({ id: "done", set: { text: "Done" } });
    const [body, headers] = [Buffer.alloc(bytes, "x"), { "content-type": "text/plain" }];
    const held = async () => {
      await collectGarbage();
      return process.memoryUsage().arrayBuffers;
    };
    const heldBefore = await held();
    const waiting: ReturnType<typeof post>[] = [];
    for (let count = 1; count <= 20; count++) {
      waiting.push(ingress.send(hook.token, { body, headers }));
      await until(async () => ((await ingress.runs(hook)).length === count ? true : undefined));
    }
    await expect.poll(() => ingress.admissions[0]?.state().bytes).toBe(0);
    await expect.poll(async () => (await held()) - heldBefore).toBeLessThan(5 * bytes);
    worker = openTestWorker(ingress);
    await worker.takeAny();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array(20).fill(200));
  });

  test("may hang up: the run goes on, and the delivery says that nothing was sent", async () => {
    const hook = await publish(greet);
    const hungUp = new Promise<void>((resolve) => {
      const sending = sendRaw(
        { host: "127.0.0.1", port: ingress.ports[0], path: `/hooks/${hook.token}`, method: "POST", headers: asJson() },
        () => undefined,
      );
      sending.on("error", () => resolve());
      sending.end('{"name":"Ada"}');
      void until(async () => (await ingress.runs(hook))[0]).then(() => sending.destroy());
    });
    await hungUp;
    worker = openTestWorker(ingress);
    await worker.takeAny();
    await until(async () => (await ingress.runs(hook)).find(({ status }) => status === "succeeded"));
    expect(await ingress.deliveries(hook)).toMatchObject([
      { verdict: "accepted", reason: "The sender waits for the run and has been sent no answer." },
    ]);
  });
});

describe("a sender that waited for too long", () => {
  test("gets a link that tells it the same later, and nothing else", async () => {
    const hook = await publish(greet, { id: "answer", respond: { status: 201, body: "{{ steps.greet.text }}" } });
    const pending = post(hook);
    const run = await until(async () => (await ingress.runs(hook))[0]);
    ingress.closing.abort(); // this process ends: nobody is kept waiting
    const { status, json, headers } = await pending;
    const statusUrl = String(json.statusUrl);
    expect({ status, json, location: headers.location }).toEqual({
      ...{ status: 202, location: statusUrl },
      json: {
        ...{ runId: run.id, status: "queued" },
        statusUrl: expect.stringMatching(/^https:\/\/hooks\.example\.com\/hooks\/runs\/run_\w{26}\/[\w-]{22}$/),
      },
    });
    expect(statusUrl).not.toContain(hook.token);
    expect(await recorded(hook)).toMatchObject({ answer_status: 202, answer_body: JSON.stringify(json) });

    const link = statusUrl.slice("https://hooks.example.com".length);
    const ask = (path: string, method = "GET") => ingress.send(path, { method });
    expect(await ask(link)).toMatchObject({ status: 202, json: { status: "queued", statusUrl } });
    worker = openTestWorker(ingress);
    await worker.takeAny();
    await until(async () => (await ingress.runs(hook)).find((row) => row.status === "succeeded"));
    expect(await ask(link)).toMatchObject({
      ...{ status: 201, text: "Hello, Ada!" },
      headers: { "content-security-policy": "sandbox", "cache-control": "no-store" },
    });

    const other = await publish(greet);
    await post(other);
    const [otherRun] = await ingress.runs(other);
    const attempts = [
      link.replace(run.id, otherRun?.id),
      ...[..."ABQRghwx"].map((last) => `${link.slice(0, -1)}${last}`).filter((path) => path !== link),
      link.replace(/[^/]+$/, ""),
      `/hooks/runs/${run.id}`,
      `${link}/`,
      `${link}x`,
    ];
    for (const path of attempts) expect([path, (await ask(path)).status]).toEqual([path, 404]);
    for (const method of ["POST", "DELETE", "OPTIONS"]) expect((await ask(link, method)).status).toBe(405);
    expect(await ingress.deliveries(hook)).toHaveLength(1);
    expect(await ingress.runs(hook)).toHaveLength(1);
  });
});
