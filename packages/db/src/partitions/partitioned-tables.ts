import { type IdKind, lowestIdAt } from "@millrace/base";

/** Each is partitioned by day on an id of this kind. A day's records go with the day's runs. */
export const partitionedTables = [
  { table: "events", kind: "event", idColumn: "id", fillfactor: 100 },
  { table: "deliveries", kind: "delivery", idColumn: "id", fillfactor: 100 },
  // Claims and heartbeats update a run in place where its page has room.
  { table: "runs", kind: "run", idColumn: "id", fillfactor: 70 },
  { table: "step_records", kind: "run", idColumn: "run_id", fillfactor: 90 },
] as const satisfies readonly { table: string; kind: IdKind; idColumn: string; fillfactor: number }[];

export type PartitionedTable = (typeof partitionedTables)[number];

export const dayMs = 24 * 60 * 60 * 1000;

export const startOfDay = (time: Date): Date => new Date(Math.floor(time.getTime() / dayMs) * dayMs);

export type Day = { name: string; lowest: string; beyond: string };

/** A day of UTC as a partition: `lowest` is in it, `beyond` is the first id after it. */
export function partitionOf({ table, kind }: PartitionedTable, day: Date): Day {
  return {
    name: `${table}_${day.toISOString().slice(0, 10).replaceAll("-", "_")}`,
    lowest: lowestIdAt(kind, day),
    beyond: lowestIdAt(kind, new Date(day.getTime() + dayMs)),
  };
}

/** The day that a partition's name tells; undefined for the default partition. */
export function dayOfPartition({ table }: PartitionedTable, name: string): Date | undefined {
  const date = name.startsWith(`${table}_`) ? name.slice(table.length + 1).replaceAll("_", "-") : "";
  return /^\d{4}-\d\d-\d\d$/.test(date) ? new Date(`${date}T00:00:00Z`) : undefined;
}
