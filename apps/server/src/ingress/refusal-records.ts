import type { EngineLog, Intake, RefusedRequest } from "@millrace/engine";
import { Unavailable } from "./admission.ts";
import { createRateLimits } from "./rate-limits.ts";

/**
 * What strangers can make us keep of requests that are refused, for each endpoint and process: about 900 small ones at once
 * and one a second after, 2.7 GB in a month of flood at most.
 */
export const refusalLimits = {
  /** Of a request's body; its head is kept whole. */
  bodyBytes: 16_384,
  bytesAtOnce: 1_048_576,
  bytesPerSecond: 1_024,
  /** What a request costs besides its own bytes. */
  rowBytes: 1_024,
  /** How often those that are only counted are recorded, all as one. */
  countedMs: 10_000,
};

export type RefusalRecordServices = {
  intake: Pick<Intake, "refuse">;
  log: EngineLog;
  /** Milliseconds. */
  now(): number;
  closing?: AbortSignal | undefined;
  limits?: typeof refusalLimits;
};

type Counted = { count: number; last: RefusedRequest };

/** Keeps a record of requests that anybody may send who knows a URL, without letting them fill the disk or hold up others. */
export function createRefusalRecords(services: RefusalRecordServices) {
  const { intake, log, now, closing, limits = refusalLimits } = services;
  const budgets = createRateLimits(now);
  const budget = {
    requests: limits.bytesAtOnce,
    perMs: (limits.bytesAtOnce / limits.bytesPerSecond) * 1_000,
  };
  let counted = new Map<string, Counted>();
  let timer: NodeJS.Timeout | undefined;
  closing?.addEventListener("abort", () => void recordCounted(), { once: true });

  /** By endpoint and answer. */
  function count(request: RefusedRequest, more = 1): void {
    const key = `${request.endpointId} ${request.answer.status}`;
    const last = { ...request, event: { ...request.event, body: new Uint8Array() }, keepsEvent: false };
    counted.set(key, { count: (counted.get(key)?.count ?? 0) + more, last });
    timer ??= setTimeout(() => void recordCounted(), closing?.aborted ? 0 : limits.countedMs).unref();
  }

  async function recordCounted(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const rows = counted;
    counted = new Map();
    for (const { count: many, last } of rows.values()) {
      const others = many === 1 ? "1 more request was" : `${many.toLocaleString("en")} more requests were`;
      const reason = `${others} answered ${last.answer.status} and not listed one by one. Why the last one: ${last.reason}`;
      try {
        await intake.refuse({ ...last, reason });
      } catch (error) {
        // Whatever else it is, it may have been recorded: better once too little than twice.
        if (error instanceof Unavailable && error.reason === "overloaded" && !closing?.aborted) count(last, many);
        else log.warn({ err: error, many }, "refused webhooks were counted and could not be recorded");
      }
    }
  }

  return {
    /** Resolves once the request is recorded, its body cut, or at once where it is only counted. Rejects as `intake` does. */
    async record(request: RefusedRequest): Promise<void> {
      const { event, endpointId } = request;
      const body = event.body.subarray(0, limits.bodyBytes);
      const cost = limits.rowBytes + event.query.length + headerLength(event.headers) + body.byteLength;
      if (budgets.refuse(endpointId, budget, cost) !== undefined) return count(request);
      const sizeBytes = event.body.byteLength;
      await intake.refuse(
        body.byteLength === sizeBytes ? request : { ...request, event: { ...event, body }, sizeBytes },
      );
    },
  };
}

const headerLength = (headers: RefusedRequest["event"]["headers"]): number =>
  headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
