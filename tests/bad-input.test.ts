import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failToStart, type MillraceProcess, newHome, removeHome, startMillrace } from "./millrace-process.ts";

const home = newHome();
let millrace: MillraceProcess;
let webhook = "";

beforeAll(async () => {
  millrace = await startMillrace(home);
  webhook = /curl -X POST (\S+)/.exec(millrace.curl ?? "")?.[1] ?? "";
});

afterAll(async () => {
  await millrace.stop();
  removeHome(home);
});

const post = (url: string, body: string, headers: Record<string, string> = { "content-type": "application/json" }) =>
  fetch(url, { method: "POST", headers, body });

describe("a webhook answers bad input with what is wrong, and records it", () => {
  test.each([
    ["invalid JSON", '{"name": ', 400, "invalid_json", /not valid JSON/],
    [
      "a body over the limit",
      JSON.stringify({ text: "x".repeat(2 * 1_048_576) }),
      413,
      "too_large",
      /larger than 1048576 bytes/,
    ],
  ])("%s", async (_name, body, status, code, detail) => {
    const before = (await millrace.client.runs.list()).items.length;
    const answer = await post(webhook, body);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ status, code, detail: expect.stringMatching(detail) });
    const [delivery] = (await millrace.client.deliveries.list()).items;
    expect(delivery).toMatchObject({ verdict: "rejected", answerStatus: status });
    expect((await millrace.client.runs.list()).items).toHaveLength(before);
  });

  test("an encoding that could hide more than it says", async () => {
    const answer = await post(webhook, "{}", { "content-type": "application/json", "content-encoding": "br" });
    expect(answer.status).toBe(415);
  });

  test("an unknown token, and every other way to write a known one", async () => {
    const token = webhook.split("/").at(-1) ?? "";
    const before = (await millrace.client.runs.list()).items.length;
    for (const path of ["x".repeat(32), token.toUpperCase(), `${token}/`, `%2f${token}`, `${token}%00`, ""]) {
      const answer = await post(`${millrace.url}/hooks/${path}`, "{}");
      expect([path, answer.status]).toEqual([path, 404]);
    }
    expect((await millrace.client.runs.list()).items).toHaveLength(before);
  });

  test("methods that start nothing", async () => {
    for (const method of ["GET", "HEAD", "OPTIONS", "DELETE"]) {
      const answer = await fetch(webhook, { method });
      expect([method, answer.status, answer.headers.get("allow")]).toEqual([method, 405, "POST, PUT, PATCH"]);
    }
  });
});

describe("the API refuses definitions that cannot run, and keeps what was there", () => {
  const definition = (steps: unknown[]) => ({ millrace: 1, name: "Bad input", trigger: { type: "webhook" }, steps });
  test.each([
    ["a misspelt key", [{ id: "a", action: "keyvalue.set", inptu: {} }], "steps[0].inptu", /Did you mean input/],
    [
      "an unknown action",
      [{ id: "a", action: "keyvalue.sett", input: {} }],
      "steps[0].action",
      /Did you mean keyvalue\.set/,
    ],
    [
      "a step that refers to a later one",
      [
        { id: "a", set: { x: "{{ steps.b.y }}" } },
        { id: "b", set: { y: "{{ steps.a.x }}" } },
      ],
      "steps[0].set.x",
      /has not run/,
    ],
    [
      "a missing connection",
      [{ id: "a", action: "anthropic.messageToAi", input: { prompt: "Hi" } }],
      "steps[0].connection",
      /needs a connection/,
    ],
  ])("%s", async (_name, steps, path, message) => {
    const automations = (await millrace.client.automations.list()).items.length;
    const answer = await fetch(`${millrace.url}/api/automations/push`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${millrace.apiKey}` },
      body: JSON.stringify({ definition: definition(steps), publish: true }),
    });
    expect(answer.status).toBe(422);
    const problem = (await answer.json()) as { issues: { path: string; message: string }[] };
    expect(problem.issues).toContainEqual(expect.objectContaining({ path, message: expect.stringMatching(message) }));
    expect((await millrace.client.automations.list()).items).toHaveLength(automations);
  });
});

describe("a start that cannot work says why in one place and leaves nothing running", () => {
  test("a taken port", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    const empty = newHome();
    const failed = await failToStart(empty, { PORT: String(port) });
    expect(failed).toMatchObject({ code: 1, output: expect.stringMatching(`Port ${port} on 127.0.0.1 is taken`) });
    other.close();
    removeHome(empty);
  });

  test.each([
    ["is not waited for", "0", 0],
    ["is waited for in vain", "2", 1],
  ])("a database that does not answer and %s", async (_name, seconds, timesSaid) => {
    const startedAt = performance.now();
    const failed = await failToStart(home, {
      DATABASE_URL: "postgresql://millrace:hunter2hunter2@127.0.0.1:9/millrace",
      DATABASE_WAIT_SECONDS: seconds,
      VAULT_KEYS: `k1:${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64")}`,
    });
    expect(failed.code).toBe(1);
    expect(failed.output).toMatch(
      /\nThe database at 127\.0\.0\.1:9\/millrace can't be reached \(nothing listens there\)/,
    );
    expect(failed.output.match(/waiting up to/g) ?? []).toHaveLength(timesSaid);
    expect(performance.now() - startedAt).toBeGreaterThan(timesSaid * 1_000);
    expect(failed.output).not.toContain("hunter2");
  });

  test("a variable that cannot be read", async () => {
    const failed = await failToStart(home, { PORT: "eighty" });
    expect(failed).toMatchObject({ code: 1, output: expect.stringContaining("PORT: expected a port number") });
  });

  test("a vault key that is not the one that sealed the data", async () => {
    const other = newHome();
    const first = await startMillrace(other);
    await first.stop();
    const path = join(other, "vault.keys");
    const original = readFileSync(path, "utf8");
    mkdirSync(other, { recursive: true });
    writeFileSync(path, `k1:${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64")}\n`);
    const failed = await failToStart(other, {});
    expect(failed).toMatchObject({ code: 1, output: expect.stringContaining("k1") });
    writeFileSync(path, original);
    const again = await startMillrace(other);
    expect(await again.stop()).toBe(0);
    removeHome(other);
  });
});
