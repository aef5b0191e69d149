import type { ClaimedRun, RunGroup } from "./ports.ts";

const maxAtOnce = 32;
/** Beyond it, walks find what they freed. */
const maxGroups = 1_000;

/** Where runs ended that a limit or an order key concerns: others may be waiting for just that. */
export interface FreedGroups {
  /** False where there are too many of them to keep this one. */
  note(run: ClaimedRun): boolean;
  isEmpty(): boolean;
  /** The first of them, which are forgotten. */
  take(): RunGroup[];
}

export function createFreedGroups(): FreedGroups {
  const groups = new Map<string, RunGroup>();
  return {
    note({ workspaceId, automationId, orderKey, isLimited }) {
      if (!isLimited) return true;
      if (groups.size >= maxGroups) return false;
      groups.set(`${workspaceId} ${automationId} ${orderKey}`, { workspaceId, automationId, orderKey });
      return true;
    },
    isEmpty: () => groups.size === 0,
    take() {
      const first = [...groups].slice(0, maxAtOnce);
      for (const [key] of first) groups.delete(key);
      return first.map(([, group]) => group);
    },
  };
}
