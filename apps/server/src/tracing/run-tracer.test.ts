import { newId } from "@millrace/base";
import { type StubServer, startStubServer } from "@millrace/testing";
import { TypeID } from "typeid-js";
import { expect, test } from "vitest";
import { createRunTracer } from "./run-tracer.ts";

type Span = { traceId: string; spanId: string; parentSpanId?: string; name: string; attributes: { key: string }[] };
type Export = { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };

const spansIn = (collector: StubServer): Span[] =>
  collector.requests.flatMap(({ text }) =>
    (JSON.parse(text) as Export).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)),
  );

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 21, 10, 0, seconds));

test("a run that is canceled or comes into review has a span for its steps to belong to", async () => {
  const collector = await startStubServer();
  try {
    const runIds = [newId("run"), newId("run"), newId("run")];
    const tracer = createRunTracer({ endpoint: collector.url, sampledShare: 1 });
    for (const [index, status] of (["canceled", "needs_review", "waiting"] as const).entries()) {
      const facts = { runId: runIds[index] ?? "", workspaceId: newId("workspace"), automationId: newId("automation") };
      tracer.runLeft({ ...facts, queuedAt: at(0), status, at: at(9) });
    }
    await tracer.close();
    const traceIds = spansIn(collector).map(({ name, traceId }) => `${name} ${traceId}`);
    const hexOf = (runId = "") => TypeID.fromString(runId).toUUID().replaceAll("-", "");
    expect(traceIds.sort()).toEqual([`run ${hexOf(runIds[0])}`, `run ${hexOf(runIds[1])}`].sort());
  } finally {
    await collector.close();
  }
});

test("two workers of one run write one trace, whose id is the run's", async () => {
  const collector = await startStubServer();
  try {
    const runId = newId("run");
    const [workspaceId, automationId] = [newId("workspace"), newId("automation")];
    const run = { runId, workspaceId, automationId, queuedAt: at(0), startedAt: at(1) };
    const step = { runId, kind: "action", attempts: 1, startedAt: at(1), finishedAt: at(2) } as const;
    const [first, second] = [0, 1].map(() => createRunTracer({ endpoint: collector.url, sampledShare: 1 }));
    first?.stepFinished({ ...step, path: "a", action: "http.request", connectionId: "con_1", status: "succeeded" });
    first?.runLeft({ ...run, status: "waiting", at: at(2) });
    second?.stepFinished({
      ...step,
      path: "b",
      action: "keyvalue.set",
      status: "failed",
      failureCode: "invalid_input",
    });
    second?.runLeft({ ...run, status: "failed", failureCode: "invalid_input", at: at(9) });
    await Promise.all([first?.close(), second?.close()]);

    expect(collector.requests.map(({ url }) => url)).toEqual(["/v1/traces", "/v1/traces"]);
    const spans = spansIn(collector);
    const root = spans.find(({ name }) => name === "run");
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(spans.filter(({ parentSpanId }) => parentSpanId === root?.spanId).map(({ name }) => name)).toEqual([
      "http.request",
      "keyvalue.set",
    ]);
    expect(root?.parentSpanId ?? "").toBe("");
  } finally {
    await collector.close();
  }
});
