import type { LiveEvent } from "@millrace/engine";
import type { RelaySubscription } from "bullmq";
import type { MessageRelay } from "./store-port.ts";

export type LiveFilter = { workspaceId: string; runId?: string };
export type LiveListener = (event: LiveEvent) => void;

/** Who watches is itself announced here, so that publishers know before their next look. */
export const watchedTopic = "watched";
const topicPrefix = "workspace.";
export const topicOf = (workspaceId: string) => topicPrefix + workspaceId;
/** Undefined if the topic isn't a workspace's. */
export const workspaceOf = (topic: string) =>
  topic.startsWith(topicPrefix) ? topic.slice(topicPrefix.length) : undefined;

type Watcher = { runId: string | undefined; listener: LiveListener };
type Watching = {
  workspaceId: string;
  watchers: Set<Watcher>;
  /** Absent before the first attempt and after a failed one. */
  subscription?: Promise<RelaySubscription> | undefined;
};

/** This process's subscribers: one subscription of the relay for each workspace, however many pages watch it. */
export function createLiveWatchers(onError: (error: unknown) => void) {
  const byWorkspace = new Map<string, Watching>();
  let relay: MessageRelay | undefined;

  async function begin(watching: Watching): Promise<void> {
    if (!relay) return;
    const { workspaceId, watchers } = watching;
    try {
      watching.subscription = relay.subscribe<LiveEvent[]>(topicOf(workspaceId), ({ data }) => {
        for (const event of data) {
          for (const { runId, listener } of watchers) if (runId === undefined || runId === event.runId) listener(event);
        }
      });
      await watching.subscription;
      await relay.publish(watchedTopic, workspaceId);
    } catch (error) {
      watching.subscription = undefined;
      onError(error);
    }
  }

  async function end({ subscription }: Watching): Promise<void> {
    try {
      await (await subscription)?.unsubscribe();
    } catch (error) {
      onError(error);
    }
  }

  return {
    async attach(to: MessageRelay): Promise<void> {
      relay = to;
      await Promise.all([...byWorkspace.values()].map(begin));
    },
    /** Subscribes again where the store could not be reached. */
    retryFailed(): void {
      for (const watching of byWorkspace.values()) if (!watching.subscription) void begin(watching);
    },
    add({ workspaceId, runId }: LiveFilter, listener: LiveListener): () => void {
      const watcher: Watcher = { runId, listener };
      let watching = byWorkspace.get(workspaceId);
      if (!watching) {
        watching = { workspaceId, watchers: new Set() };
        byWorkspace.set(workspaceId, watching);
        void begin(watching);
      }
      const { watchers } = watching;
      watchers.add(watcher);
      return () => {
        const isLast = watchers.delete(watcher) && watchers.size === 0;
        const current = byWorkspace.get(workspaceId);
        if (!isLast || current?.watchers !== watchers) return;
        byWorkspace.delete(workspaceId);
        void end(current);
      };
    },
  };
}
