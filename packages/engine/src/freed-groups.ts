import type { ClaimedRun, RunGroup } from "./ports.ts";

const maxAtOnce = 32;
/** Beyond it, what they freed is found by walks. */
const maxGroups = 1_000;

/** Where runs ended that a limit or an order key concerns: others may be waiting for just that. */
export interface FreedGroups {
  note(run: ClaimedRun): void;
  isEmpty(): boolean;
  /** The first of them, which are forgotten. */
  take(): RunGroup[];
}

export function createFreedGroups(): FreedGroups {
  const groups = new Map<string, RunGroup>();
  return {
    note({ workspaceId, automationId, orderKey, isLimited }) {
      if (!isLimited || groups.size >= maxGroups) return;
      groups.set(`${workspaceId} ${automationId} ${orderKey}`, { workspaceId, automationId, orderKey });
    },
    isEmpty: () => groups.size === 0,
    take() {
      const first = [...groups].slice(0, maxAtOnce);
      for (const [key] of first) groups.delete(key);
      return first.map(([, group]) => group);
    },
  };
}
