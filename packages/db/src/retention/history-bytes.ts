import { idTime, lowestIdAt } from "@millrace/base";
import type pg from "pg";
import { dayMs } from "../partitions/partitioned-tables.ts";
import type { Owner } from "./delete-history.ts";

const page = 2_000;
/** A row's own columns and its entries in indexes, roughly. */
const rowBytes = 600;
/** Sizes are remembered by quarters of a day, which is little to read anew, and few for a long history. */
const partMs = dayMs / 4;
/** A part may still grow for as long after its end: clocks differ, and records are under way. */
const settledAfterMs = 60 * 60 * 1000;

type Item = { key: string; bytes: number; grows: boolean };

/** Bytes by the start of each part, in milliseconds since 1970. */
type PartSizes = Map<number, number>;

/** What parts of histories take that can't grow any more, by automation. One who asks again reads only what is new. */
export type HistorySizes = Map<string, PartSizes>;

const eventBytes = "pg_column_size(e.body) + pg_column_size(e.headers_json) + pg_column_size(e.query)";
const answerBytes = "pg_column_size(d.answer_body)";
const recordBytes = ["input_json", "output_json", "failure_json", "warnings_json", "attempts_json"]
  .map((column) => `COALESCE(pg_column_size(s.${column}), 0)`)
  .join(" + ");

/**
 * Runs, and requests that started none, newest first, with the bytes that each takes as stored. `pg_column_size` reads no
 * large value, only what stands in for it. Ids of both kinds share one order once their prefix is off.
 */
const newestFirst = `SELECT key, bytes::float8 AS bytes, grows FROM (
    (SELECT right(r.id, 26) COLLATE "C" AS key, ${rowBytes}
       + COALESCE((SELECT ${eventBytes} FROM events e WHERE e.id = r.event_id), 0)
       + COALESCE((SELECT ${answerBytes} FROM deliveries d WHERE d.id = r.delivery_id), 0)
       + COALESCE((SELECT sum(${rowBytes} + ${recordBytes}) FROM step_records s WHERE s.run_id = r.id), 0) AS bytes,
       r.finished_at IS NULL AS grows
     FROM runs r WHERE r.workspace_id = $1 AND r.automation_id = $2 AND r.id < 'run_' || $3 AND r.id >= 'run_' || $4
     ORDER BY r.id DESC LIMIT ${page})
    UNION ALL
    (SELECT right(d.id, 26) COLLATE "C", ${rowBytes} + ${answerBytes}
       + COALESCE((SELECT ${eventBytes} FROM events e WHERE e.id = d.event_id), 0), false
     FROM deliveries d WHERE d.workspace_id = $1 AND d.automation_id = $2 AND d.id < 'dlv_' || $3 AND d.id >= 'dlv_' || $4
       AND d.verdict <> 'accepted'
     ORDER BY d.id DESC LIMIT ${page})
  ) item ORDER BY key DESC LIMIT ${page}`;

type BytesQuestion = {
  owner: Owner;
  limitBytes: number;
  now: Date;
  /** Of this automation; what is learned is added. */
  known: PartSizes;
  signal: AbortSignal;
};

/**
 * The time before which the history has to go, so that the rest takes no more than `limitBytes`; undefined: it fits, or
 * `signal` ended the search.
 */
export async function findWhereBytesEnd(pool: pg.Pool, question: BytesQuestion): Promise<Date | undefined> {
  const { owner, limitBytes, now, known, signal } = question;
  const parts = measureParts(now, known);
  let total = 0;
  let below = "~";
  while (!signal.aborted) {
    const part = newestBelow(known, below);
    const from = part === undefined ? "" : keyAt(part + partMs);
    const rows = from < below ? await readPage(pool, owner, below, from) : [];
    for (const item of rows) {
      total += item.bytes;
      if (total > limitBytes) return new Date(timeOf(item.key) + 1);
      parts.add(item);
    }
    const last = rows.at(-1);
    if (last !== undefined && rows.length === page) {
      below = last.key;
      continue;
    }
    parts.endOne();
    if (part === undefined) return undefined;
    const withPart = total + (known.get(part) ?? 0);
    if (withPart > limitBytes) {
      // The end is somewhere in it, so it has to be read.
      known.delete(part);
      below = from;
    } else {
      total = withPart;
      below = keyAt(part);
    }
  }
  return undefined;
}

async function readPage(pool: pg.Pool, owner: Owner, below: string, from: string): Promise<Item[]> {
  const { rows } = await pool.query<Item>(newestFirst, [owner.workspaceId, owner.automationId, below, from]);
  return rows;
}

/** Adds to `known` what was read of each part, once it was read whole and where nothing of it can grow. */
function measureParts(now: Date, known: PartSizes) {
  let current: { start: number; bytes: number; grows: boolean } | undefined;
  const endOne = () => {
    if (current !== undefined && !current.grows && current.start + partMs + settledAfterMs <= now.getTime())
      known.set(current.start, current.bytes);
    current = undefined;
  };
  return {
    endOne,
    add({ key, bytes, grows }: Item) {
      const start = Math.floor(timeOf(key) / partMs) * partMs;
      if (current?.start !== start) endOne();
      current = { start, bytes: (current?.bytes ?? 0) + bytes, grows: (current?.grows ?? false) || grows };
    },
  };
}

function newestBelow(known: PartSizes, below: string): number | undefined {
  let newest: number | undefined;
  for (const start of known.keys())
    if ((newest === undefined || start > newest) && keyAt(start + partMs) <= below) newest = start;
  return newest;
}

/** What all ids from this time on start with or follow, without the prefix of their kind. */
const keyAt = (ms: number): string => lowestIdAt("run", new Date(ms)).slice("run_".length);
const timeOf = (key: string): number => idTime(`run_${key}`).getTime();
