import { ApiError } from "@millrace/contract";
import type { QueryClient } from "@tanstack/react-query";
import { api } from "./client.ts";

const longestPauseMs = 15_000;
/** A busy workspace sends many events a second; lists are read again at most this often. */
const refreshEveryMs = 700;

/**
 * Keeps runs on the screen up to date until the signal aborts. Events carry no data, only that something changed, so a
 * lost one costs a later refresh and never a wrong screen.
 */
export async function followLiveEvents(queries: QueryClient, signal: AbortSignal): Promise<void> {
  const refresh = createRefresher(queries);
  let pauseMs = 1_000;
  while (!signal.aborted) {
    try {
      for await (const event of api.watch({ signal })) {
        pauseMs = 1_000;
        refresh.run(event.runId);
      }
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return;
    }
    if (signal.aborted) break;
    await pause(pauseMs, signal);
    pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    // Whatever happened while nobody listened is in the database.
    refresh.everything();
  }
}

function createRefresher(queries: QueryClient) {
  const changed = new Set<string>();
  let _timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    _timer = undefined;
    for (const runId of changed) void queries.invalidateQueries({ queryKey: ["runs", runId] });
    changed.clear();
    void queries.invalidateQueries({ queryKey: ["runs", "list"] });
    void queries.invalidateQueries({ queryKey: ["deliveries", "list"] });
    void queries.invalidateQueries({ queryKey: ["automations", "list"] });
  };
  return {
    run(runId: string) {
      if (changed.size < 100) changed.add(runId);
      _timer ??= setTimeout(flush, refreshEveryMs);
    },
    everything() {
      void queries.invalidateQueries({ queryKey: ["runs"] });
      void queries.invalidateQueries({ queryKey: ["deliveries", "list"] });
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
