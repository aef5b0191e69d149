import type { IdKind } from "@millrace/base";
import type pg from "pg";
import { type Day, dayOfPartition, partitionedTables, partitionOf } from "../partitions/partitioned-tables.ts";
import { statement } from "../statement.ts";
import { boundsOf } from "./id-bounds.ts";

type TableName = (typeof partitionedTables)[number]["table"];

/** What a statement calls each partitioned table: by its own name, or by that of one day's partition. */
export type Tables = Record<TableName, string>;

/** Where a statement goes, and which tables it names there. */
export type Lane<Named extends Tables = Tables> = { pool: pg.Pool; tables: Named };

/** `counted`: the runs of all days that a limit or an order key has to look at. */
export type CountingTables = Tables & { counted: string };

export interface HotPath {
  /** For rows of any day. */
  anyDay: Lane;
  /**
   * For the rows with these ids: the lane of their day, where they are all of one day that has partitions. A statement
   * about a day's own tables has no partitions to choose from, so its plan is short, and is kept (docs/decisions/0005).
   */
  laneOf(ids: Ids): Promise<Lane>;
  /**
   * For runs with these ids, with a look at those of `lowest` up to, but without, `beyond`. Where the runs are of one day, and
   * the others of a few that have partitions, all of them are named.
   */
  countingLaneOf(runIds: readonly string[], days: Pick<Day, "lowest" | "beyond">): Promise<Lane<CountingTables>>;
}

export type Ids = Partial<Record<IdKind, readonly string[]>>;

export type HotPools = {
  /** Makes its plans for the very values. */
  anyDay: pg.Pool;
  /** Keeps its plans. */
  ofDay: pg.Pool;
};

const whole: Tables = { events: "events", deliveries: "deliveries", runs: "runs", step_records: "step_records" };

/** Partitions are made days ahead and dropped when nothing unfinished needs them. */
const freshForMs = 60_000;

/** Each is looked at for each count. */
const maxCountedDays = 8;
const countedColumns = "id, status, workspace_id, automation_id, order_key, order_position";

export function createHotPath(pools: HotPools): HotPath {
  const anyDay: Lane = { pool: pools.anyDay, tables: whole };
  const countingAnyDay: Lane<CountingTables> = { pool: pools.anyDay, tables: { ...whole, counted: whole.runs } };
  /** Of the lanes that were read last; statements are made once for each. */
  let counting = new Map<string, Lane<CountingTables>>();
  let known: { lanes: Promise<DayLane[]>; at: number } | undefined;

  function readLanes(): Promise<DayLane[]> {
    const now = performance.now();
    if (known !== undefined && now - known.at < freshForMs) return known.lanes;
    const reading = {
      lanes: readDays(pools.anyDay).then((days) => days.map((day) => openLane(pools.ofDay, day))),
      at: now,
    };
    reading.lanes.catch(() => {
      if (known === reading) known = undefined;
    });
    known = reading;
    counting = new Map();
    return reading.lanes;
  }

  function openCountingLane({ lane }: DayLane, days: readonly DayLane[]): Lane<CountingTables> {
    const counted = days.map((day) => `SELECT ${countedColumns} FROM ${day.lane.tables.runs}`).join(" UNION ALL ");
    const key = `${lane.tables.runs}: ${counted}`;
    const made = counting.get(key) ?? { pool: lane.pool, tables: { ...lane.tables, counted: `(${counted})` } };
    counting.set(key, made);
    return made;
  }

  return {
    anyDay,
    async laneOf(ids) {
      const lanes = await readLanes();
      return lanes.find(({ bounds }) => isWithin(ids, bounds))?.lane ?? anyDay;
    },
    async countingLaneOf(runIds, counted) {
      const lanes = await readLanes();
      const own = lanes.find(({ bounds }) => isWithin({ run: runIds }, bounds));
      const days = daysOf(lanes, counted);
      return own === undefined || days === undefined ? countingAnyDay : openCountingLane(own, days);
    },
  };
}

type DayLane = { lane: Lane; bounds: Partial<Record<IdKind, Day>> };

function openLane(pool: pg.Pool, day: Date): DayLane {
  const tables = { ...whole };
  const bounds: DayLane["bounds"] = {};
  for (const partitioned of partitionedTables) {
    const partition = partitionOf(partitioned, day);
    tables[partitioned.table] = partition.name;
    bounds[partitioned.kind] = partition;
  }
  return { lane: { pool, tables }, bounds };
}

function isWithin(ids: Ids, bounds: DayLane["bounds"]): boolean {
  return Object.entries(ids).every(([kind, some]) => {
    if (some.length === 0) return true;
    const day = bounds[kind as IdKind];
    const [lowest, beyond] = boundsOf(some);
    return day !== undefined && lowest >= day.lowest && beyond < day.beyond;
  });
}

/** Undefined where one of them is missing, because whatever is of that day would not be counted, and where they are many. */
function daysOf(lanes: readonly DayLane[], { lowest, beyond }: Pick<Day, "lowest" | "beyond">): DayLane[] | undefined {
  const days: DayLane[] = [];
  for (let from = lowest; from < beyond; ) {
    const next = lanes.find(({ bounds: { run } }) => run && run.lowest <= from && from < run.beyond);
    if (next?.bounds.run === undefined || days.length === maxCountedDays) return undefined;
    days.push(next);
    from = next.bounds.run.beyond;
  }
  return days;
}

/** Days for which every table has a partition, the latest first. */
async function readDays(pool: pg.Pool): Promise<Date[]> {
  const { rows } = await pool.query<{ table: string; name: string }>(
    `SELECT inhparent::regclass::text AS table, relname AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
     WHERE inhparent = ANY($1::regclass[])`,
    [partitionedTables.map(({ table }) => table)],
  );
  const counts = new Map<number, number>();
  for (const { table, name } of rows) {
    const partitioned = partitionedTables.find((one) => one.table === table);
    const day = partitioned && dayOfPartition(partitioned, name)?.getTime();
    if (day !== undefined) counts.set(day, (counts.get(day) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count === partitionedTables.length)
    .map(([time]) => new Date(time))
    .sort((left, right) => right.getTime() - left.getTime());
}

/** A condition on ids, for the column that holds them. */
export type Within = (column: string) => string;

/** From `lowest` up to, but without, `beyond`, which are parameters or literals: the planner chooses partitions by it. */
export const between =
  (lowest: string, beyond: string): Within =>
  (column) =>
    `${column} >= ${lowest} AND ${column} < ${beyond}`;

/** The lowest id of the call and what follows the highest. */
const withinBounds = between("$1::text", "$2::text");
/**
 * Where there is nothing to choose, a range would only mislead it: a kept plan takes any range for one row in two hundred,
 * and reads a day of runs to find the few that are queued. A parameter has to be named, though.
 */
const withinDay: Within = () => "$1::text <= $2::text";

/**
 * A statement of the hot path: `text` is asked for once for each day's tables. One that uses `within` takes the bounds of
 * its ids as its first two parameters.
 */
export function laneStatement<Named extends Tables = Tables>(
  text: (tables: Named, within: Within) => string,
): (lane: Pick<Lane<Named>, "tables">, values: unknown[]) => pg.QueryConfig {
  const made = new WeakMap<Named, (values: unknown[]) => pg.QueryConfig>();
  return ({ tables }, values) => {
    const known = made.get(tables) ?? statement(text(tables, tables.runs === whole.runs ? withinBounds : withinDay));
    made.set(tables, known);
    return known(values);
  };
}
