import type { LiveEvent } from "@millrace/engine";

/**
 * Holds what has not been sent yet, per workspace. A later event of the same run and step replaces the earlier one:
 * a page that shows states needs the last, not all. Past the limit the oldest go.
 */
export function createLiveOutbox(limitPerWorkspace: number) {
  let held = new Map<string, Map<string, LiveEvent>>();
  return {
    put(event: LiveEvent): void {
      const events = held.get(event.workspaceId) ?? new Map<string, LiveEvent>();
      held.set(event.workspaceId, events);
      const key = `${event.type} ${event.runId} ${event.path ?? ""}`;
      events.delete(key);
      events.set(key, event);
      const [oldest] = events.keys();
      if (events.size > limitPerWorkspace && oldest !== undefined) events.delete(oldest);
    },
    isEmpty: () => held.size === 0,
    /** Everything held, by workspace, in order. */
    takeAll(): [workspaceId: string, events: LiveEvent[]][] {
      const taken = held;
      held = new Map();
      return [...taken].map(([workspaceId, events]) => [workspaceId, [...events.values()]]);
    },
  };
}
