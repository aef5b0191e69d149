import type { EngineLog } from "@millrace/engine";

const everyMs = 10_000;

/** One line when refusals begin and one every 10 s while they go on: an overloaded process must not drown in its log. */
export function createRefusalLog(log: EngineLog) {
  let counts: Record<string, number> = {};
  let timer: NodeJS.Timeout | undefined;

  function report(): void {
    if (Object.keys(counts).length === 0) {
      timer = undefined;
      log.info({}, "webhooks are recorded again");
      return;
    }
    log.warn({ refused: counts }, "webhooks were refused with 503 in the last 10 s");
    counts = {};
    timer = setTimeout(report, everyMs).unref();
  }

  return {
    count(reason: string, cause?: unknown): void {
      counts[reason] = (counts[reason] ?? 0) + 1;
      if (timer) return;
      timer = setTimeout(report, everyMs).unref();
      log.error(cause === undefined ? { reason } : { reason, err: cause }, "webhooks are refused with 503");
    },
  };
}
