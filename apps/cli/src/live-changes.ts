import type { Client } from "@millrace/contract";

const pollEveryMs = 1_000;
const checkEveryMs = 5_000;
const reconnectAfterMs = 3_000;

export type LiveChanges = {
  /** Resolves when something changed, or may have: look again. */
  next(): Promise<void>;
  close(): void;
};

/**
 * Says when to look again. Live events make it prompt; they may be lost, and the stream may be down or refused, so it
 * also says so after a while: rarely while events arrive, every second while they don't. Nothing is ever missed for long.
 */
export function openLiveChanges(client: Client, runId?: string): LiveChanges {
  const closing = new AbortController();
  let isLive = false;
  let hasChanged = false;
  let wake: () => void = () => {};

  const listen = async () => {
    while (!closing.signal.aborted) {
      try {
        for await (const _ of client.watch({ runId, signal: closing.signal })) {
          isLive = true;
          hasChanged = true;
          wake();
        }
      } catch {
        // Whatever keeps the stream from working, polling goes on; an error that matters shows there.
      }
      isLive = false;
      await elapsed(reconnectAfterMs, closing.signal);
    }
  };
  const listening = listen();

  return {
    async next() {
      if (!hasChanged) {
        const waiting = new AbortController();
        wake = () => waiting.abort();
        await elapsed(isLive ? checkEveryMs : pollEveryMs, AbortSignal.any([waiting.signal, closing.signal]));
      }
      hasChanged = false;
    },
    close() {
      closing.abort();
      listening.catch(() => undefined);
    },
  };
}

function elapsed(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
