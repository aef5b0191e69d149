import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestApi, type TestApi } from "./open-test-api.fixture.ts";

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
});
afterAll(() => api.close());

test("a workspace's limit is set, shown and taken away, and no other workspace's changes with it", async () => {
  const [own, other] = [await api.openWorkspace("own"), await api.openWorkspace("other")];
  const unlimited = { id: own.workspaceId, maxRunningRuns: null, defaultMaxRunningRuns: null };
  expect(await own.client.workspace.get({})).toMatchObject(unlimited);
  expect(await own.client.workspace.setLimits({ maxRunningRuns: 3 })).toMatchObject({ maxRunningRuns: 3 });
  expect(await own.client.workspace.get({})).toMatchObject({ maxRunningRuns: 3 });
  expect(await other.client.workspace.get({})).toMatchObject({ maxRunningRuns: null });
  expect(await own.client.workspace.setLimits({ maxRunningRuns: null })).toMatchObject(unlimited);
});

test("a limit that is none is refused, naming the field", async () => {
  const { client } = await api.openWorkspace("refused");
  for (const maxRunningRuns of [0, 1.5, 100_001]) {
    const setting = client.workspace.setLimits({ maxRunningRuns });
    await expect(setting).rejects.toMatchObject({ status: 400, issues: [{ path: "maxRunningRuns" }] });
  }
});
