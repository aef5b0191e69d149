import type { EngineLog } from "@millrace/engine";

export type QueueLog = Pick<EngineLog, "info" | "warn">;

export type Outage = { begin(error: unknown): void; end(): void };

/** One line when the store goes away, one when it is back, however many calls failed in between. */
export function outageLog(log: QueueLog, who: string, consequence: string): Outage {
  let isOut = false;
  return {
    begin(error) {
      if (isOut) return;
      isOut = true;
      log.warn(describeError(error), `${who}: the queue's store does not answer; ${consequence}`);
    },
    end() {
      if (!isOut) return;
      isOut = false;
      log.info({}, `${who}: the queue's store answers again`);
    },
  };
}

/** Message and code only: a driver's error object may carry the command that failed, and AUTH carries the password. */
export function describeError(error: unknown): { reason: string; code?: string } {
  if (!(error instanceof Error)) return { reason: "unknown error" };
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return { reason: error.message || code || error.name, ...(code ? { code } : {}) };
}
