import type { LiveEvent } from "@millrace/engine";
import { expect, test } from "vitest";
import { createLiveOutbox } from "./live-outbox.ts";

const event = (runId: string, status: LiveEvent["status"], workspaceId = "ws_a"): LiveEvent => ({
  type: "run.changed",
  workspaceId,
  automationId: "atm_a",
  runId,
  status,
  at: "2026-01-01T00:00:00.000Z",
});

test("a later event of the same run replaces the earlier one", () => {
  const outbox = createLiveOutbox(10);
  for (const each of [event("run_a", "running"), event("run_b", "running"), event("run_a", "succeeded")])
    outbox.put(each);
  expect(outbox.takeAll()).toEqual([["ws_a", [event("run_b", "running"), event("run_a", "succeeded")]]]);
  expect(outbox.isEmpty()).toBe(true);
});

test("workspaces stay apart", () => {
  const outbox = createLiveOutbox(10);
  outbox.put(event("run_a", "running", "ws_a"));
  outbox.put(event("run_a", "running", "ws_b"));
  expect(outbox.takeAll().map(([workspaceId, events]) => [workspaceId, events.length])).toEqual([
    ["ws_a", 1],
    ["ws_b", 1],
  ]);
});

test("past its limit the oldest event goes", () => {
  const outbox = createLiveOutbox(2);
  for (const id of ["run_a", "run_b", "run_c"]) outbox.put(event(id, "running"));
  expect(outbox.takeAll()[0]?.[1].map(({ runId }) => runId)).toEqual(["run_b", "run_c"]);
});
