import { idTime, isId, lowestIdAt } from "@millrace/base";
import pg from "pg";
import { dayMs, startOfDay } from "../partitions/partitioned-tables.ts";

/** Ids of unfinished runs: from `lowest` up to but without `beyond`. */
export type UnfinishedBounds = {
  lowest: string;
  beyond: string;
  /** The first id of today, when last looked, where no run of another day was unfinished. */
  onlyDay?: string;
};

export interface UnfinishedDays {
  read(): Promise<UnfinishedBounds>;
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
  let known: { bounds: Promise<UnfinishedBounds>; at: number } | undefined;
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

async function readBounds(pool: pg.Pool, unfinished: readonly string[], now: Date): Promise<UnfinishedBounds> {
  const startOf = (offset: number) => lowestIdAt("run", new Date(startOfDay(now).getTime() + offset * dayMs));
  const [yesterday, today, tomorrow, beyond] = [startOf(-1), startOf(0), startOf(1), startOf(2)];
  const { lowest, highest } = await readSpan(pool, unfinished);
  const isOnlyToday = lowest === null || highest === null || (lowest >= today && highest < tomorrow);
  return {
    lowest: lowest !== null && lowest < yesterday ? startOfItsDay(lowest) : yesterday,
    beyond,
    ...(isOnlyToday ? { onlyDay: today } : {}),
  };
}

const undefinedTable = "42P01";

type Span = { lowest: string | null; highest: string | null };

/** Of one run of each day that has unfinished ones, so of the right days. */
async function readSpan(pool: pg.Pool, unfinished: readonly string[]): Promise<Span> {
  for (let attempt = 1; ; attempt++) {
    const { rows: partitions } = await pool.query<{ name: string }>(
      "SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'runs'::regclass",
    );
    try {
      const { rows } = await pool.query<Span>(
        `SELECT min(id) AS lowest, max(id) AS highest FROM (${partitions.flatMap(({ name }) => anyOf(name, unfinished)).join(" UNION ALL ")}) unfinished`,
      );
      return rows[0] ?? { lowest: null, highest: null };
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
