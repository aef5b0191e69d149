import { lowestIdAt } from "@millrace/base";
import type pg from "pg";
import { dayMs } from "../partitions/partitioned-tables.ts";
import { deleteDeliveriesBefore, deleteRunsBefore } from "./delete-history.ts";
import { findWhereBytesEnd } from "./history-bytes.ts";

type LimitedAutomation = {
  workspace_id: string;
  id: string;
  retention_days: number | null;
  retention_megabytes: number | null;
};

const bytesOfMegabyte = 1_000_000;

/** Deletes what automations keep shorter, or less of, than the installation. Returns how many runs that were. */
export async function pruneAutomations(pool: pg.Pool, now: Date, retentionDays: number): Promise<number> {
  const { rows } = await pool.query<LimitedAutomation>(
    `SELECT workspace_id, id, retention_days, retention_megabytes FROM automations
     WHERE retention_days < $1 OR retention_megabytes IS NOT NULL ORDER BY id`,
    [retentionDays],
  );
  let deleted = 0;
  for (const automation of rows) deleted += await prune(pool, automation, now);
  return deleted;
}

async function prune(pool: pg.Pool, automation: LimitedAutomation, now: Date): Promise<number> {
  const {
    workspace_id: workspaceId,
    id: automationId,
    retention_days: days,
    retention_megabytes: megabytes,
  } = automation;
  const owner = { workspaceId, automationId };
  const ends: Date[] = [];
  if (days !== null) ends.push(new Date(now.getTime() - days * dayMs));
  if (megabytes !== null) {
    const end = await findWhereBytesEnd(pool, owner, megabytes * bytesOfMegabyte);
    if (end !== undefined) ends.push(end);
  }
  if (ends.length === 0) return 0;
  const before = new Date(Math.max(...ends.map((end) => end.getTime())));
  const runs = await deleteRunsBefore(pool, owner, lowestIdAt("run", before));
  await deleteDeliveriesBefore(pool, owner, lowestIdAt("delivery", before));
  return runs;
}
