import { idTime, isId, lowestIdAt } from "@millrace/base";
import pg from "pg";
import { dayMs, startOfDay } from "../partitions/partitioned-tables.ts";

/** Ids from `lowest` up to but without `beyond`. */
export type IdBounds = { lowest: string; beyond: string };

export interface UnfinishedDays {
  read(): Promise<IdBounds>;
}

const freshForMs = 5_000;

/** Of runs in review only those that hold an order key, or will count against a limit once somebody lets them go on. */
const unfinishedOf = (defaultMaxRunning: number | null): string[] => [
  "r.status = 'queued'",
  "r.status = 'running'",
  "r.status = 'waiting'",
  `r.status = 'needs_review' AND (r.order_key <> '' OR ${defaultMaxRunning !== null}
    OR EXISTS (SELECT 1 FROM automations a WHERE a.id = r.automation_id AND a.concurrency IS NOT NULL)
    OR EXISTS (SELECT 1 FROM workspaces w WHERE w.id = r.workspace_id AND w.max_running_runs IS NOT NULL))`,
];

/**
 * The days that hold unfinished runs. Without such bounds every statement that looks for runs plans and opens the indexes
 * of each day that is kept. Yesterday and tomorrow are always within, because clocks differ.
 */
export function createUnfinishedDays(
  pool: pg.Pool,
  defaultMaxRunning: number | null,
  now: () => Date = () => new Date(),
): UnfinishedDays {
  const unfinished = unfinishedOf(defaultMaxRunning);
  let known: { bounds: Promise<IdBounds>; at: number } | undefined;
  return {
    read() {
      const time = now();
      if (known !== undefined && Math.abs(time.getTime() - known.at) < freshForMs) return known.bounds;
      const reading = { bounds: readBounds(pool, unfinished, time), at: time.getTime() };
      reading.bounds.catch(() => {
        if (known === reading) known = undefined;
      });
      known = reading;
      return reading.bounds;
    },
  };
}

async function readBounds(pool: pg.Pool, unfinished: readonly string[], now: Date): Promise<IdBounds> {
  const today = startOfDay(now).getTime();
  const yesterday = lowestIdAt("run", new Date(today - dayMs));
  const lowest = (await readLowest(pool, unfinished)) ?? yesterday;
  return {
    lowest: lowest < yesterday ? startOfItsDay(lowest) : yesterday,
    beyond: lowestIdAt("run", new Date(today + 2 * dayMs)),
  };
}

const undefinedTable = "42P01";

async function readLowest(pool: pg.Pool, unfinished: readonly string[]): Promise<string | null> {
  for (let attempt = 1; ; attempt++) {
    const { rows: partitions } = await pool.query<{ name: string }>(
      "SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'runs'::regclass",
    );
    try {
      const { rows } = await pool.query<{ lowest: string | null }>(
        `SELECT min(id) AS lowest FROM (${partitions.flatMap(({ name }) => anyOf(name, unfinished)).join(" UNION ALL ")}) unfinished`,
      );
      return rows[0]?.lowest ?? null;
    } catch (error) {
      // Retention dropped one of them in between.
      if (attempt > 1 || !(error instanceof pg.DatabaseError) || error.code !== undefinedTable) throw error;
    }
  }
}

/** Any entry tells a partition's day; the default partition holds ids of any day, so there it is the lowest one. */
const anyOf = (name: string, unfinished: readonly string[]): string[] =>
  unfinished.map((status) => {
    const from = `FROM ${pg.escapeIdentifier(name)} r WHERE ${status}`;
    return name === "runs_default" ? `SELECT min(r.id) AS id ${from}` : `(SELECT r.id ${from} LIMIT 1)`;
  });

const startOfItsDay = (id: string): string => (isId("run", id) ? lowestIdAt("run", startOfDay(idTime(id))) : "");
