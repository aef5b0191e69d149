type Scope = { workspaceId: string; automationId?: string | undefined };

const exactly = (id: string) => ({ gte: id, lte: id });

/**
 * Whose rows a list shows. One that is filtered by status or verdict as well asks for them as a range, and in the order that
 * `orderOf` gives, which only indexes that start with the same column have. With an equality the planner walks the primary key
 * where it hopes to fill the page soon, and it takes an automation without failures, beside one with many, for one with its
 * share of them: it would read everybody's day.
 */
export function scopeOf({ workspaceId, automationId }: Scope, isFiltered: boolean) {
  if (!isFiltered) return { workspaceId, ...(automationId !== undefined && { automationId }) };
  return automationId === undefined
    ? { workspaceId: exactly(workspaceId) }
    : { workspaceId, automationId: exactly(automationId) };
}

/** Newest first, for rows of one scope. */
export function orderOf({ automationId }: Pick<Scope, "automationId">, isFiltered: boolean) {
  if (!isFiltered) return { id: "desc" as const };
  const scope = automationId === undefined ? { workspaceId: "desc" as const } : { automationId: "desc" as const };
  return [scope, { id: "desc" as const }];
}
