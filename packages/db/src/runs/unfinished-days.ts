import { idTime, isId, lowestIdAt } from "@millrace/base";
import pg from "pg";
import { dayMs, startOfDay } from "../partitions/partitioned-tables.ts";

/** Ids from `lowest` up to but without `beyond`. */
export type IdBounds = { lowest: string; beyond: string };

export interface UnfinishedDays {
  read(): Promise<IdBounds>;
}

const freshForMs = 5_000;

/** Every partition with a run that may be claimed, or that counts against a limit or holds an order key. */
const unfinished = [
  "status = 'queued'",
  "status = 'running'",
  "status = 'waiting'",
  "status = 'needs_review' AND order_key <> ''",
];

/**
 * The days that hold unfinished runs. Without such bounds every statement that looks for runs plans and opens the indexes
 * of each day that is kept. Yesterday and tomorrow are always within, because clocks differ. A run that leaves an old day's
 * review comes into view with the next reading; the reconciler, which looks at every day, sees it at once.
 */
export function createUnfinishedDays(pool: pg.Pool, now: () => Date = () => new Date()): UnfinishedDays {
  let known: { bounds: Promise<IdBounds>; at: number } | undefined;
  return {
    read() {
      const time = now();
      if (known !== undefined && Math.abs(time.getTime() - known.at) < freshForMs) return known.bounds;
      const reading = { bounds: readBounds(pool, time), at: time.getTime() };
      reading.bounds.catch(() => {
        if (known === reading) known = undefined;
      });
      known = reading;
      return reading.bounds;
    },
  };
}

async function readBounds(pool: pg.Pool, now: Date): Promise<IdBounds> {
  const today = startOfDay(now).getTime();
  const yesterday = lowestIdAt("run", new Date(today - dayMs));
  const lowest = (await readLowest(pool)) ?? yesterday;
  return {
    lowest: lowest < yesterday ? startOfItsDay(lowest) : yesterday,
    beyond: lowestIdAt("run", new Date(today + 2 * dayMs)),
  };
}

const undefinedTable = "42P01";

async function readLowest(pool: pg.Pool): Promise<string | null> {
  for (let attempt = 1; ; attempt++) {
    const { rows: partitions } = await pool.query<{ name: string }>(
      "SELECT relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'runs'::regclass",
    );
    try {
      const { rows } = await pool.query<{ lowest: string | null }>(
        `SELECT min(id) AS lowest FROM (${partitions.flatMap(({ name }) => anyOf(name)).join(" UNION ALL ")}) unfinished`,
      );
      return rows[0]?.lowest ?? null;
    } catch (error) {
      // Retention dropped one of them in between.
      if (attempt > 1 || !(error instanceof pg.DatabaseError) || error.code !== undefinedTable) throw error;
    }
  }
}

/** Any entry tells a partition's day; the default partition holds ids of any day, so there it is the lowest one. */
const anyOf = (name: string): string[] =>
  unfinished.map((status) => {
    const from = `FROM ${pg.escapeIdentifier(name)} WHERE ${status}`;
    return name === "runs_default" ? `SELECT min(id) AS id ${from}` : `(SELECT id ${from} LIMIT 1)`;
  });

const startOfItsDay = (id: string): string => (isId("run", id) ? lowestIdAt("run", startOfDay(idTime(id))) : "");
