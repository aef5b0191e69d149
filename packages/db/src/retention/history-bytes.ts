import { idTime } from "@millrace/base";
import type pg from "pg";
import type { Owner } from "./delete-history.ts";

const page = 2_000;
/** A row's own columns and its entries in indexes, roughly. */
const rowBytes = 600;

type Item = { key: string; bytes: number };

const eventBytes = "pg_column_size(e.body) + pg_column_size(e.headers_json) + pg_column_size(e.query)";
const recordBytes = ["input_json", "output_json", "failure_json", "warnings_json", "attempts_json"]
  .map((column) => `COALESCE(pg_column_size(s.${column}), 0)`)
  .join(" + ");

/**
 * Runs, and requests that started none, newest first, with the bytes that each takes as stored. `pg_column_size` reads no
 * large value, only what stands in for it. Ids of both kinds share one order once their prefix is off.
 */
const newestFirst = `SELECT key, bytes::float8 AS bytes FROM (
    (SELECT right(r.id, 26) COLLATE "C" AS key, ${rowBytes}
       + COALESCE((SELECT ${eventBytes} FROM events e WHERE e.id = r.event_id), 0)
       + COALESCE((SELECT sum(${rowBytes} + ${recordBytes}) FROM step_records s WHERE s.run_id = r.id), 0) AS bytes
     FROM runs r WHERE r.workspace_id = $1 AND r.automation_id = $2 AND r.id < 'run_' || $3 ORDER BY r.id DESC LIMIT ${page})
    UNION ALL
    (SELECT right(d.id, 26) COLLATE "C", ${rowBytes} + COALESCE((SELECT ${eventBytes} FROM events e WHERE e.id = d.event_id), 0)
     FROM deliveries d WHERE d.workspace_id = $1 AND d.automation_id = $2 AND d.id < 'dlv_' || $3 AND d.verdict <> 'accepted'
     ORDER BY d.id DESC LIMIT ${page})
  ) item ORDER BY key DESC LIMIT ${page}`;

/** The time before which the history has to go, so that the rest takes no more than `limitBytes`; undefined: it fits. */
export async function findWhereBytesEnd(
  pool: pg.Pool,
  { workspaceId, automationId }: Owner,
  limitBytes: number,
): Promise<Date | undefined> {
  let total = 0;
  let below = "~";
  for (;;) {
    const { rows } = await pool.query<Item>(newestFirst, [workspaceId, automationId, below]);
    for (const { key, bytes } of rows) {
      total += bytes;
      if (total > limitBytes) return new Date(idTime(`run_${key}`).getTime() + 1);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < page) return undefined;
    below = last.key;
  }
}
