/** Queued runs of one automation and order key. */
export type Group = { workspaceId: string; automationId: string; orderKey: string };

/** What a walk came across. */
export type Walk = { visits: number; is_cut: boolean; has_more: boolean } & LastGroup;
type LastGroup = { last_workspace: string | null; last_automation: string | null; last_order_key: string | null };

export type WalkBeginning = { from: Group; visitsOfWorkspace: number };

export interface WalkCursor {
  begin(): WalkBeginning;
  /** Whether there are groups that this walk did not see. */
  end(beginning: WalkBeginning, walk: Walk): boolean;
}

const first: Group = { workspaceId: "", automationId: "", orderKey: "" };

/**
 * One walk visits a bounded number of groups; the next goes on where it stopped, so that everybody's turn comes. Walks
 * visit a few groups of each workspace. Where one has more than that, every second walk visits group after group, so that
 * its other groups have their turn too.
 */
export function createWalkCursor(maxVisits: number, visitsOfWorkspace: number): WalkCursor {
  let broad = first;
  let deep = first;
  let isDeepNext = false;
  return {
    begin: () => (isDeepNext ? { from: deep, visitsOfWorkspace: maxVisits + 1 } : { from: broad, visitsOfWorkspace }),

    end(beginning, walk) {
      const isDeep = beginning.visitsOfWorkspace > maxVisits;
      const next = walk.visits < maxVisits ? first : groupAfter(walk);
      if (isDeep) deep = next;
      else broad = next;
      isDeepNext = !isDeep && (walk.is_cut || deep !== first);
      return next !== first || beginning.from !== first || isDeepNext;
    },
  };
}

/** A space sorts after nothing and before every character of a key. */
function groupAfter({ last_workspace, last_automation, last_order_key }: LastGroup): Group {
  if (last_workspace === null || last_automation === null || last_order_key === null) return first;
  return { workspaceId: last_workspace, automationId: last_automation, orderKey: `${last_order_key} ` };
}

/** Groups as the arrays that the walk begins at. */
export const startsAt = (groups: readonly Group[]): [string[], string[], string[]] => [
  groups.map(({ workspaceId }) => workspaceId),
  groups.map(({ automationId }) => automationId),
  groups.map(({ orderKey }) => orderKey),
];
