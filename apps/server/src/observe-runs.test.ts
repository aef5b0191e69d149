import { newId } from "@millrace/base";
import type { LeftRun } from "@millrace/engine";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { openTestApi } from "./api/open-test-api.fixture.ts";
import { createRunMetrics } from "./metrics/run-metrics.ts";
import { observed, tellAll } from "./observe-runs.ts";

const log = { error() {} };

test("a run that a person cancels is counted as canceled, with its time", async () => {
  const api = await openTestApi();
  try {
    const registry = new Registry();
    const { observer } = createRunMetrics(registry, () => 0);
    const told: LeftRun[] = [];
    const observe = tellAll([observer, { ...observer, runLeft: (run) => told.push(run) }], log);
    const workspaceId = newId("workspace");
    const { runId } = await api.intake.accept({
      ...{ workspaceId, automationId: newId("automation"), versionId: newId("version"), dedupeKey: null },
      ...{ endpointId: newId("endpoint"), sourceIp: null },
      event: {
        ...{ method: "POST", query: "", headers: [], contentType: null, receivedAt: new Date() },
        body: new Uint8Array(),
      },
    });
    await observed(api.services.runControl, observe).cancel(workspaceId, runId, "Not needed.");
    expect(told).toMatchObject([{ runId, workspaceId, status: "canceled" }]);
    const text = await registry.metrics();
    expect(text).toContain('millrace_runs_total{status="canceled"} 1\n');
    expect(text).toContain('millrace_run_seconds_count{status="canceled"} 1\n');
  } finally {
    await api.close();
  }
});
