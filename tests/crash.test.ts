import { afterEach, expect, test } from "vitest";
import { type MillraceProcess, newHome, removeHome, startMillrace, until } from "./millrace-process.ts";

let millrace: MillraceProcess | undefined;
const home = newHome();

afterEach(async () => {
  await millrace?.stop();
  removeHome(home);
});

test("a webhook that was acknowledged runs to its end although the process was killed before the first step", async () => {
  // Nobody works here, so the kill surely comes between the 202 and the first step.
  millrace = await startMillrace(home, { MILLRACE_ROLES: "ingress,api" });
  const webhook = /curl -X POST (\S+)/.exec(millrace.curl ?? "")?.[1] ?? "";
  const answer = await fetch(webhook, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"name":"Grace"}',
  });
  expect(answer.status).toBe(202);
  const { runId } = (await answer.json()) as { runId: string };
  expect(await millrace.client.runs.get({ runId })).toMatchObject({
    status: "queued",
    reason: expect.stringContaining("worker"),
  });
  await millrace.kill();

  millrace = await startMillrace(home);
  const { client } = millrace;
  await until(async () => (await client.runs.get({ runId })).status === "succeeded", 30_000);
  const run = await client.runs.get({ runId });
  expect(run.steps.map(({ status }) => status)).toEqual(["succeeded", "succeeded"]);
  expect(await client.keyvalue.get({ key: "last_greeting" })).toMatchObject({ value: "Hello, Grace!" });
});

test("an orderly stop answers what is under way and leaves nothing behind", async () => {
  millrace = await startMillrace(home);
  const webhook = /curl -X POST (\S+)/.exec(millrace.curl ?? "")?.[1] ?? "";
  const sent = Array.from({ length: 50 }, (_, index) =>
    fetch(webhook, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: `n${index}` }),
    }),
  );
  const answers = await Promise.all(sent);
  expect(await millrace.stop()).toBe(0);
  const runIds = await Promise.all(answers.map(async (answer) => ((await answer.json()) as { runId: string }).runId));
  millrace = await startMillrace(home);
  const { client } = millrace;
  await until(async () => {
    const runs = await Promise.all(runIds.map((runId) => client.runs.get({ runId })));
    return runs.every(({ status }) => status === "succeeded");
  }, 30_000);
  expect(new Set(runIds).size).toBe(50);
});
