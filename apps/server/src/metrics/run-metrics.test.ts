import { newId } from "@millrace/base";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { createRunMetrics } from "./run-metrics.ts";

test("a connection's steps are counted, and timed", async () => {
  const registry = new Registry();
  const { observer } = createRunMetrics(registry, () => 0);
  const connectionId = newId("connection");
  const step = { runId: newId("run"), path: "a", kind: "action", action: "http.request", attempts: 1 } as const;
  const startedAt = new Date("2026-11-21T10:00:00.000Z");
  const finishedAt = new Date("2026-11-21T10:00:00.400Z");
  observer.stepFinished({ ...step, connectionId, status: "succeeded", startedAt, finishedAt });
  observer.stepFinished({ ...step, status: "succeeded", startedAt, finishedAt });
  const text = await registry.metrics();
  expect(text).toContain(`millrace_connection_calls_total{connection="${connectionId}",status="succeeded"} 1\n`);
  expect(text).toContain(`millrace_connection_seconds_bucket{le="0.25",connection="${connectionId}"} 0\n`);
  expect(text).toContain(`millrace_connection_seconds_bucket{le="0.5",connection="${connectionId}"} 1\n`);
  expect(text).toContain(`millrace_connection_seconds_count{connection="${connectionId}"} 1\n`);
});

test("what the reconciler took back is counted by cause, and leases that were lost", async () => {
  const registry = new Registry();
  const { observer, observeRecovery } = createRunMetrics(registry, () => 0);
  const none = { runIds: [], quarantinedRuns: [], lastChances: 0 };
  observeRecovery({ ...none, expiredLeases: 5, quarantined: 2, dueWaits: 7 });
  observer.leaseLost(newId("run"));
  const text = await registry.metrics();
  for (const line of ['{cause="expired_lease"} 3', '{cause="quarantined"} 2', '{cause="due_wait"} 7'])
    expect(text).toContain(`millrace_recovered_total${line}\n`);
  expect(text).toContain("millrace_leases_lost_total 1\n");
});
