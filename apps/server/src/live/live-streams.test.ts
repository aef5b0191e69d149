import { newId } from "@millrace/base";
import type { LiveEventView } from "@millrace/contract";
import express from "express";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { helloDefinition, openTestApi, type TestApi } from "../api/open-test-api.fixture.ts";
import { createRoutes } from "../api/route.ts";
import { createAuthenticate } from "../middleware/authenticate.ts";
import { handleErrors } from "../middleware/handle-errors.ts";
import { liveRoutes } from "./live-streams.ts";

let api: TestApi;
let own: Awaited<ReturnType<TestApi["openWorkspace"]>>;
beforeAll(async () => {
  api = await openTestApi();
  own = await api.openWorkspace("live");
});
afterAll(() => api.close());

const eventOf = (workspaceId: string, runId = newId("run")) => ({
  ...{
    type: "run.changed" as const,
    workspaceId,
    automationId: newId("automation"),
    runId,
    status: "succeeded" as const,
  },
  at: new Date().toISOString(),
});

function watching(options: { runId?: string } = {}) {
  const controller = new AbortController();
  const seen: LiveEventView[] = [];
  const ended = (async () => {
    for await (const event of own.client.watch({ ...options, signal: controller.signal })) seen.push(event);
  })();
  return { seen, ended, stop: () => controller.abort() };
}

test("a page sees its workspace's events as they happen, and nobody else's", async () => {
  const { seen, ended, stop } = watching();
  await vi.waitFor(() => expect(api.watchers.size).toBe(1));
  const [ours, theirs] = [eventOf(own.workspaceId), eventOf(newId("workspace"))];
  api.services.live.publish(theirs);
  api.services.live.publish(ours);
  await vi.waitFor(() => expect(seen).toHaveLength(1));
  const { workspaceId: _, ...shown } = ours;
  expect(seen).toEqual([shown]);
  stop();
  await ended;
  await vi.waitFor(() => expect(api.watchers.size).toBe(0));
});

test("a run can be watched by those who may see it", async () => {
  const { id: automationId } = await own.client.automations.create({ definition: helloDefinition });
  await own.client.automations.publish({ automationId });
  const { runId } = await own.client.automations.run({ automationId });
  const { seen, ended, stop } = watching({ runId });
  await vi.waitFor(() => expect(api.watchers.size).toBe(1));
  await own.client.runs.cancel({ runId });
  await vi.waitFor(() => expect(seen).toMatchObject([{ runId, status: "canceled" }]));
  stop();
  await ended;
  const missing = watching({ runId: newId("run") });
  await expect(missing.ended).rejects.toMatchObject({ status: 404 });
});

test("a stream ends once its key is revoked, and a workspace has only so many", async () => {
  const app = express();
  const router = express.Router();
  const authenticate = createAuthenticate(api.services);
  liveRoutes(createRoutes(router, authenticate), api.services, authenticate, {
    ...{ streamsPerWorkspace: 1, heartbeatMs: 50, bufferedBytes: 1_000_000 },
  });
  app.use("/api", router, handleErrors(api.services.log));
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/api/events`;
  const { apiKey, key } = await own.client.apiKeys.create({ name: "watcher", scopes: ["runs:read"] });
  const headers = { authorization: `Bearer ${key}` };
  const stream = await fetch(url, { headers });
  expect(stream.headers.get("content-type")).toContain("text/event-stream");
  expect((await fetch(url, { headers })).status).toBe(429);
  await own.client.apiKeys.revoke({ apiKeyId: apiKey.id });
  expect(await stream.text()).toContain(": still here");
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
