import { randomUUID } from "node:crypto";
import type { LiveEvents } from "@millrace/engine";
import { jobStore } from "./job-store.ts";
import { keepOpen } from "./keep-open.ts";
import { createLiveOutbox } from "./live-outbox.ts";
import {
  createLiveWatchers,
  type LiveFilter,
  type LiveListener,
  topicOf,
  watchedTopic,
  workspaceOf,
} from "./live-watchers.ts";
import { outageLog, type QueueLog } from "./outage.ts";
import type { QueueConfig } from "./queue-config.ts";
import type { MessageRelay } from "./store-port.ts";
import { within } from "./within.ts";

export type LiveChannel = LiveEvents & {
  /** From some milliseconds later on; what happened before is read from the database. Returns the way to end it. */
  subscribe(filter: LiveFilter, listener: LiveListener): () => void;
  close(): Promise<void>;
};

const eventsPerMessage = 200;
const flushEveryMs = 40;
const refreshEveryMs = 2_000;
const sendLimitMs = 2_000;
/** Of our own echo, at one every 2 s. */
const unheardLimit = 3;

/** Resolves once the store was tried, reachable or not. Events of workspaces that nobody watches are dropped on the spot. */
export async function openLiveEvents(config: QueueConfig, { log }: { log: QueueLog }): Promise<LiveChannel> {
  const store = jobStore(config);
  const outage = outageLog(log, "live events", "open pages don't update by themselves");
  const watchers = createLiveWatchers(outage.begin);
  const outbox = createLiveOutbox(eventsPerMessage);
  let watched = new Set<string>();
  let flushTimer: NodeJS.Timeout | undefined;
  let isFlushing = false;
  const echoTopic = `echo.${randomUUID()}`;
  let unheard = 0;

  const kept = await keepOpen<MessageRelay>({
    prepare: store.prepare,
    create: () => store.newRelay(onError),
    onOpen: async (relay) => {
      unheard = 0;
      await relay.subscribe<string>(watchedTopic, ({ data }) => void watched.add(data));
      await relay.subscribe(echoTopic, () => {
        unheard = 0;
        outage.end();
      });
      await watchers.attach(relay);
      await refresh(relay);
    },
    outage,
  });

  function onError(error: unknown): void {
    outage.begin(error);
    if (store.isWiped(error)) store.prepare().catch(outage.begin);
  }

  async function refresh(relay: MessageRelay): Promise<void> {
    const patterns = await within(sendLimitMs, "asking who watches", relay.getPatterns(0, -1));
    watched = new Set(patterns.flatMap(({ pattern }) => workspaceOf(pattern) ?? []));
    watchers.retryFailed();
  }

  /** A relay that publishes but hears nothing stays deaf: BullMQ gives up its reading connection to a cluster that was away. */
  async function listenToOurselves(relay: MessageRelay): Promise<void> {
    if (unheard >= unheardLimit) {
      outage.begin(new Error("what is published is not heard"));
      return kept.replace();
    }
    await within(sendLimitMs, "publishing an echo", relay.publish(echoTopic, null));
    unheard += 1;
  }

  const refreshTimer = setInterval(async () => {
    const relay = kept.current();
    if (!relay) return;
    try {
      await refresh(relay);
      await listenToOurselves(relay);
    } catch (error) {
      onError(error);
    }
  }, refreshEveryMs);

  async function flush(): Promise<void> {
    flushTimer = undefined;
    const relay = kept.current();
    isFlushing = true;
    try {
      for (const [workspaceId, events] of outbox.takeAll()) {
        if (relay) await within(sendLimitMs, "publishing live events", relay.publish(topicOf(workspaceId), events));
      }
    } catch (error) {
      onError(error);
    }
    isFlushing = false;
    scheduleFlush();
  }
  function scheduleFlush(): void {
    if (!isFlushing && !outbox.isEmpty()) flushTimer ??= setTimeout(flush, flushEveryMs);
  }

  return {
    publish(event) {
      if (!watched.has(event.workspaceId)) return;
      outbox.put(event);
      scheduleFlush();
    },
    subscribe(filter, listener) {
      watched.add(filter.workspaceId);
      return watchers.add(filter, listener);
    },
    async close() {
      clearInterval(refreshTimer);
      clearTimeout(flushTimer);
      await kept.close();
    },
  };
}
