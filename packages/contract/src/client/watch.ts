import { createParser } from "eventsource-parser";
import { endpoints } from "../endpoints.ts";
import { eventStreamType, type LiveEventView, liveEvent } from "../resources/events.ts";
import { apiErrorOf } from "./api-error.ts";
import { type ClientOptions, call, requestOf } from "./send.ts";

export type WatchOptions = { runId?: string | undefined; signal?: AbortSignal | undefined };

/**
 * Live events of the workspace or of one run, until the signal aborts or the connection ends; the caller connects again.
 * Refresh what you show after connecting: events are not replayed. Throws ApiError.
 */
export async function* watch(
  options: ClientOptions,
  { runId, signal }: WatchOptions = {},
): AsyncGenerator<LiveEventView> {
  const endpoint = runId === undefined ? endpoints.events.workspace : endpoints.events.run;
  const { url } = requestOf(options.baseUrl, endpoint, runId === undefined ? {} : { runId });
  const response = await call(options, url, { headers: { accept: eventStreamType }, ...(signal ? { signal } : {}) });
  if (!response.ok || !response.body) {
    throw apiErrorOf(response.status, await response.json().catch(() => undefined), url);
  }
  const ready: LiveEventView[] = [];
  const parser = createParser({
    onEvent: ({ data }) => {
      const parsed = liveEvent.safeParse(JSON.parse(data));
      if (parsed.success) ready.push(parsed.data);
    },
  });
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* ready.splice(0);
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
