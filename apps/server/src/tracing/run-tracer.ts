import type { RunObserver } from "@millrace/engine";
import { type Attributes, ROOT_CONTEXT, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor, TraceIdRatioBasedSampler } from "@opentelemetry/sdk-trace-base";
import { TypeID } from "typeid-js";

export type RunTracerOptions = {
  /** The collector's base URL: spans go to `/v1/traces` there. */
  endpoint: string;
  /** Share of the runs that are traced, all their steps or none. */
  sampledShare: number;
};

export type RunTracer = RunObserver & { close(): Promise<void> };

type Ids = { traceId: string; spanId: string };

/**
 * One trace for each run and one span for each step. A run's trace has the id of the run (its UUID), so that every worker
 * that had the run writes into the same trace without anything being handed on, and a trace is found by the run. A run in
 * review may stay there for good, so it gets its span then; if people let it go on or cancel it, the same span comes again,
 * as long as the run was in all.
 */
export function createRunTracer({ endpoint, sampledShare }: RunTracerOptions): RunTracer {
  let rootIds: Ids | undefined;
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, "")}/v1/traces` });
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ "service.name": "millrace" }))
      .merge(detectResources({ detectors: [envDetector] })),
    // By the trace's id alone: every process decides the same for one run.
    sampler: new TraceIdRatioBasedSampler(sampledShare),
    idGenerator: {
      generateTraceId: () => rootIds?.traceId ?? randomHex(16),
      generateSpanId: () => rootIds?.spanId ?? randomHex(8),
    },
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer("millrace");

  return {
    runClaimed() {},
    stepFinished({ runId, path, kind, action, connectionId, status, failureCode, attempts, startedAt, finishedAt }) {
      const parent = trace.setSpanContext(ROOT_CONTEXT, { ...idsOf(runId), traceFlags: TraceFlags.SAMPLED });
      const attributes: Attributes = {
        "millrace.run.id": runId,
        "millrace.step.path": path,
        "millrace.step.status": status,
        "millrace.step.attempts": attempts,
        ...(connectionId === undefined ? {} : { "millrace.connection.id": connectionId }),
        ...(failureCode === undefined ? {} : { "error.type": failureCode }),
      };
      const span = tracer.startSpan(action ?? kind, { startTime: startedAt, attributes }, parent);
      if (failureCode) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(finishedAt);
    },
    runLeft({ runId, workspaceId, automationId, status, failureCode, queuedAt, at }) {
      // It goes on by itself: until it is over, its steps point to a span that is still to come.
      if (status === "waiting") return;
      const attributes: Attributes = {
        "millrace.run.id": runId,
        "millrace.run.status": status,
        "millrace.workspace.id": workspaceId,
        "millrace.automation.id": automationId,
        ...(failureCode === undefined ? {} : { "error.type": failureCode }),
      };
      rootIds = idsOf(runId);
      const span = tracer.startSpan("run", { startTime: queuedAt, attributes, root: true }, ROOT_CONTEXT);
      rootIds = undefined;
      if (failureCode) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(at);
    },
    leaseLost() {},
    close: () => provider.shutdown(),
  };
}

/** The last eight bytes of a UUIDv7 are random, so they name the run's own span. */
function idsOf(runId: string): Ids {
  const traceId = TypeID.fromString(runId).toUUID().replaceAll("-", "");
  return { traceId, spanId: traceId.slice(16) };
}

const randomHex = (bytes: number): string => Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("hex");
