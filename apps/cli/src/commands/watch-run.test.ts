import type { Run } from "@millrace/contract";
import { afterEach, describe, expect, test } from "vitest";
import { type ContractServer, Refusal, startContractServer, testKey } from "../testing/contract-server.ts";
import { exampleRun, exampleStep } from "../testing/examples.ts";
import { record } from "../testing/recorded-terminal.ts";

const servers: ContractServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const first = exampleRun({ status: "queued", reason: "waiting for a worker", finishedAt: null });
const running: Run = {
  ...first,
  status: "running",
  reason: null,
  steps: [exampleStep({ status: "running", finishedAt: null })],
};
const done: Run = {
  ...first,
  status: "succeeded",
  reason: null,
  steps: [exampleStep()],
  finishedAt: first.queuedAt,
};

/** A run that takes the next state each time it is asked for, once `isReady` says so. */
async function serveRun(states: readonly Run[], { hasEvents = true, isReady = (): boolean => true } = {}) {
  let asked = 0;
  const get = () => {
    const run = states[Math.min(asked, states.length - 1)];
    if (asked === 0 || isReady()) asked++;
    if (!run) throw new Refusal({ status: 404, code: "not_found", detail: "There is no such run." });
    return run;
  };
  const server = await startContractServer({ runs: { get } }, { hasEvents });
  servers.push(server);
  return { server, env: { MILLRACE_URL: server.url, MILLRACE_API_KEY: testKey } };
}

test("tells each change once and ends with 0 when the run succeeded", async () => {
  const { env } = await serveRun([first, first, running, running, done], { hasEvents: false });
  const { code, out } = await record(["runs", "watch", first.id], { env });
  expect(code).toBe(0);
  expect(out.split("\n").map((line) => line.trim().split("  ").slice(0, 2).join(" "))).toEqual([
    "○ queued waiting for a worker",
    "● save keyvalue.set",
    "● running",
    "✓ save keyvalue.set",
    `✓ succeeded ${first.id}`,
    "",
  ]);
});

test("looks again as soon as a live event arrives", async () => {
  let isReady = false;
  const { env, server } = await serveRun([first, running, done], { isReady: () => isReady });
  const onOut = (text: string) => {
    if (text.includes("queued")) tellOnceWatched();
    if (text.includes("● running"))
      server.tell({
        type: "run.changed",
        automationId: first.automation.id,
        runId: first.id,
        status: "succeeded",
        at: first.queuedAt,
      });
  };
  const tellOnceWatched = () => {
    if (server.watchers() === 0) return void setTimeout(tellOnceWatched, 5);
    isReady = true;
    server.tell({
      type: "run.changed",
      automationId: first.automation.id,
      runId: first.id,
      status: "running",
      at: first.queuedAt,
    });
  };
  expect((await record(["runs", "watch", first.id], { env, onOut })).code).toBe(0);
  expect(server.requests.filter((request) => request.endsWith(first.id)).length).toBeLessThanOrEqual(5);
});

describe("ends with 1", () => {
  test.each(["failed", "canceled", "needs_review"] as const)("when the run is %s", async (status) => {
    const { env } = await serveRun([{ ...done, status, reason: "why" }]);
    const { code, out } = await record(["runs", "watch", first.id], { env });
    expect(code).toBe(1);
    expect(out).toContain("why");
  });

  test("when there is no such run", async () => {
    const { env } = await serveRun([]);
    expect(await record(["runs", "watch", first.id], { env })).toMatchObject({ code: 1, out: "" });
  });
});

test("as JSON, each line is one object and the last is the whole run", async () => {
  const { env } = await serveRun([running, done], { hasEvents: false });
  const { out } = await record(["runs", "watch", first.id, "--json"], { env });
  const lines = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ type, status }) => `${type} ${status}`)).toEqual([
    "step running",
    "run running",
    "step succeeded",
    "end succeeded",
  ]);
  expect(lines.at(-1)).toMatchObject({ id: first.id, steps: [{ path: "save" }] });
});

test("a server that is away for a moment does not end the watch", async () => {
  let asked = 0;
  const server = await startContractServer(
    {
      runs: {
        get() {
          asked++;
          if (asked === 2) throw new Refusal({ status: 503, code: "unavailable", detail: "Restarting." });
          return asked < 3 ? first : done;
        },
      },
    },
    { hasEvents: false },
  );
  servers.push(server);
  const env = { MILLRACE_URL: server.url, MILLRACE_API_KEY: testKey };
  expect((await record(["runs", "watch", first.id], { env })).code).toBe(0);
});
