import { lowestIdAt } from "@millrace/base";
import type { PrismaClient } from "../generated/client.ts";

export type DayActivity = {
  /** `2026-03-01`, in UTC. */
  date: string;
  runs: number;
  failed: number;
  /** There were more: only so many were counted. */
  isCapped: boolean;
};

const days = 7;
const dayMs = 86_400_000;
/** A page of busy automations reads this many rows a day and automation at most, however many runs there are. */
const countedRuns = 200;

/** Runs and failures of each automation on each of the last seven days, read from the index of the automation. */
export async function readActivity(
  prisma: PrismaClient,
  workspaceId: string,
  automationIds: readonly string[],
  now: Date,
): Promise<(automationId: string) => DayActivity[]> {
  const today = Math.floor(now.getTime() / dayMs) * dayMs;
  const starts = Array.from({ length: days }, (_, index) => new Date(today - (days - 1 - index) * dayMs));
  const dates = starts.map((start) => start.toISOString().slice(0, 10));
  const lows = starts.map((start) => lowestIdAt("run", start));
  const highs = starts.map((start) => lowestIdAt("run", new Date(start.getTime() + dayMs)));
  const rows = await prisma.$queryRaw<{ automationId: string; date: string; runs: number; failed: number }[]>`
    SELECT a.id AS "automationId", d.date, counted.runs, counted.failed
    FROM unnest(${[...automationIds]}::text[]) AS a (id)
    CROSS JOIN unnest(${dates}::text[], ${lows}::text[], ${highs}::text[]) AS d (date, low, high)
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS runs, count(*) FILTER (WHERE counted_run.status = 'failed')::int AS failed
      FROM (
        SELECT status FROM runs
        WHERE automation_id = a.id AND workspace_id = ${workspaceId} AND id >= d.low AND id < d.high
          -- Known before the days are, so that the planner leaves out all other partitions.
          AND id >= ${lows.at(0)} AND id < ${highs.at(-1)}
        -- In no order: sorting would read the whole day first.
        LIMIT ${countedRuns + 1}
      ) counted_run
    ) counted
    WHERE counted.runs > 0`;
  const byPlace = new Map(rows.map((row) => [`${row.automationId} ${row.date}`, row]));
  return (automationId) =>
    dates.map((date) => {
      const { runs = 0, failed = 0 } = byPlace.get(`${automationId} ${date}`) ?? {};
      return {
        date,
        runs: Math.min(runs, countedRuns),
        failed: Math.min(failed, countedRuns),
        isCapped: runs > countedRuns,
      };
    });
}
