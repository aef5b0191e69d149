import { lowestIdAt } from "@millrace/base";
import type pg from "pg";
import { dayMs, startOfDay } from "../partitions/partitioned-tables.ts";
import { deleteDeliveriesBefore, deleteRunsBefore, type Owner } from "./delete-history.ts";
import { findWhereBytesEnd, type HistorySizes } from "./history-bytes.ts";

type LimitedAutomation = {
  workspace_id: string;
  id: string;
  retention_days: number | null;
  retention_megabytes: number | null;
};

const bytesOfMegabyte = 1_000_000;
/** Automations take turns: none waits until millions of another's runs are deleted. */
const turnMs = 20_000;

type PruneSettings = { retentionDays: number; sizes: HistorySizes; signal: AbortSignal };

/**
 * Deletes what automations keep shorter, or less of, than the installation, until nothing is left or `signal` ends it.
 * Returns how many runs that were.
 */
export async function pruneAutomations(pool: pg.Pool, now: Date, settings: PruneSettings): Promise<number> {
  const { retentionDays, sizes, signal } = settings;
  // In any order, so that where the time is short it is not always short for the same ones.
  const { rows } = await pool.query<LimitedAutomation>(
    `SELECT workspace_id, id, retention_days, retention_megabytes FROM automations
     WHERE retention_days < $1 OR retention_megabytes IS NOT NULL ORDER BY random()`,
    [retentionDays],
  );
  const limited = new Set(rows.map(({ id }) => id));
  for (const id of sizes.keys()) if (!limited.has(id)) sizes.delete(id);
  const turns: { automation: LimitedAutomation; before?: Date }[] = rows.map((automation) => ({ automation }));
  let deleted = 0;
  for (let turn = turns.shift(); turn !== undefined && !signal.aborted; turn = turns.shift()) {
    const { automation } = turn;
    const before = turn.before ?? (await findEnd(pool, automation, now, settings));
    if (before === undefined) continue;
    const owner = { workspaceId: automation.workspace_id, automationId: automation.id };
    const done = await deleteBefore(pool, owner, before, AbortSignal.any([signal, AbortSignal.timeout(turnMs)]));
    deleted += done.deleted;
    if (!done.isOver) turns.push({ automation, before });
  }
  return deleted;
}

/** The time before which this automation's history has to go; undefined: all of it may stay. */
async function findEnd(
  pool: pg.Pool,
  automation: LimitedAutomation,
  now: Date,
  { retentionDays, sizes, signal }: PruneSettings,
): Promise<Date | undefined> {
  const { workspace_id: workspaceId, id, retention_days: days, retention_megabytes: megabytes } = automation;
  const daysAgo = (count: number) => new Date(now.getTime() - count * dayMs);
  const ends: Date[] = days === null ? [] : [daysAgo(days)];
  if (megabytes !== null) {
    const known = sizes.get(id) ?? new Map<number, number>();
    sizes.set(id, known);
    const owner = { workspaceId, automationId: id };
    const limitBytes = megabytes * bytesOfMegabyte;
    const end = await findWhereBytesEnd(pool, { owner, limitBytes, now, known, signal });
    if (end !== undefined) ends.push(end);
    const oldest = Math.max(...[...ends, startOfDay(daysAgo(retentionDays))].map((time) => time.getTime()));
    for (const start of known.keys()) if (start < oldest) known.delete(start);
  }
  return ends.length === 0 ? undefined : new Date(Math.max(...ends.map((end) => end.getTime())));
}

async function deleteBefore(
  pool: pg.Pool,
  owner: Owner,
  before: Date,
  signal: AbortSignal,
): Promise<{ deleted: number; isOver: boolean }> {
  const { deleted } = await deleteRunsBefore(pool, owner, lowestIdAt("run", before), signal);
  const isOver = await deleteDeliveriesBefore(pool, owner, lowestIdAt("delivery", before), signal);
  return { deleted, isOver };
}
