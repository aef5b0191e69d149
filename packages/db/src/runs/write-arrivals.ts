import type { Accepted } from "@millrace/engine";
import { pipelinedTransaction } from "../pipelined-transaction.ts";
import { isUniqueViolation } from "../sql-state.ts";
import type { Arrival } from "./arrival.ts";
import { acceptedOf, columnsOf, judge, type Outcome } from "./arrival-rows.ts";
import {
  claimKeys,
  keyColumnCount,
  keyColumns,
  type Owners,
  offered,
  offeredKeys,
  ownersInBatch,
  ownersOf,
} from "./dedupe.ts";
import { type HotPath, type Ids, type Lane, laneStatement, type Tables } from "./hot-path.ts";

/** So many batches with keys ask first after one that brought a key again: where one comes twice, others will. */
const carefulBatches = 8;

/**
 * Stores batches, each all of it or nothing. Most keys are new, so a batch claims its keys and stores its rows in one statement;
 * where one of them has an owner that statement stores nothing, and the batch asks for the owners first and judges by them.
 */
export function createArrivalWriter(hotPath: HotPath): (arrivals: readonly Arrival[]) => Promise<Accepted[]> {
  let careful = 0;

  async function write(arrivals: readonly Arrival[]): Promise<Outcome[]> {
    const lane = await hotPath.laneOf(idsOf(arrivals));
    const keys = offeredKeys(arrivals);
    if (keys.size === 0) {
      const outcomes = judgeAll(arrivals, new Map());
      await lane.pool.query(insert(lane, columnsOf(outcomes)));
      return outcomes;
    }
    if (careful === 0) {
      const outcomes = judgeAll(arrivals, ownersInBatch(keys));
      if (await storesWithKeys(lane, [...keyColumns(keys), ...columnsOf(outcomes)])) return outcomes;
      careful = carefulBatches;
    }
    const outcomes = await pipelinedTransaction(lane.pool, {
      read: async (client) => judgeAll(arrivals, ownersOf(keys, await claimKeys(client, keys))),
      write: (judged) => [insert(lane, columnsOf(judged))],
    });
    careful = outcomes.some(({ isDuplicate }) => isDuplicate) ? carefulBatches : Math.max(0, careful - 1);
    return outcomes;
  }

  return async (arrivals) => (await write(arrivals)).map(acceptedOf);
}

const judgeAll = (arrivals: readonly Arrival[], owners: Owners): Outcome[] =>
  arrivals.map((arrival) => judge(arrival, owners.get(arrival)));

const idsOf = (arrivals: readonly Arrival[]): Ids => ({
  event: arrivals.map(({ ids }) => ids.eventId),
  delivery: arrivals.map(({ ids }) => ids.deliveryId),
  run: arrivals.map(({ ids }) => ids.runId),
});

/** False where a key has an owner, who was there before or came in the same moment: then nothing is stored. */
async function storesWithKeys(lane: Lane, values: unknown[]): Promise<boolean> {
  try {
    // Whatever has a key has a delivery, so none stored means nothing stored.
    return (await lane.pool.query(insertIfNew(lane, values))).rowCount !== 0;
  } catch (error) {
    if (isUniqueViolation(error, "dedupe_keys_pkey")) return false;
    throw error;
  }
}

/** Values as `columnsOf` gives them, from the parameter `first` on; only those rows for which `onlyIf` holds. */
const insertRows = ({ events, runs, deliveries }: Tables, first = 1, onlyIf = "") => {
  let next = first;
  const arrays = (types: string) =>
    `unnest(${types
      .split(" ")
      .map((type) => `$${next++}::${type}[]`)
      .join(", ")})`;
  return `stored_events AS (
    INSERT INTO ${events} (id, workspace_id, method, query, headers_json, content_type, body, received_at)
    SELECT * FROM ${arrays("text text text text text text bytea timestamptz")} ${onlyIf}
  ), stored_runs AS (
    INSERT INTO ${runs} (id, workspace_id, automation_id, version_id, event_id, delivery_id, trigger_type, origin_run_id, queued_at,
      order_key, order_position)
    SELECT r, w, a, v, e, d, t, r, now(), k, CASE WHEN k = '' THEN 0 ELSE nextval('runs_order_position_seq') END
    FROM ${arrays("text text text text text text text text")} AS t(r, w, a, v, e, d, t, k) ${onlyIf}
  )
  INSERT INTO ${deliveries} (id, workspace_id, endpoint_id, automation_id, event_id, run_id, verdict, reason, dedupe_key,
    method, content_type, size_bytes, source_ip, answer_status, answer_body, received_at, answer_headers_json)
  SELECT * FROM ${arrays("text text text text text text text text text text text int text int text timestamptz text")} ${onlyIf}`;
};

const insert = laneStatement((tables) => `WITH ${insertRows(tables)}`);

/** An owner whose transaction is not over yet is not seen: then the key is waited for, and is unique or an error. */
const insertIfNew = laneStatement(
  (tables) => `WITH ${offered}, known AS MATERIALIZED (
    SELECT EXISTS (SELECT 1 FROM offered JOIN dedupe_keys ON endpoint_id = e AND key_hash = k) AS any_known
  ), claimed AS (
    INSERT INTO dedupe_keys (endpoint_id, key_hash, run_id, body_hash)
    SELECT e, k, r, b FROM offered WHERE NOT (SELECT any_known FROM known)
  ), ${insertRows(tables, keyColumnCount + 1, "WHERE NOT (SELECT any_known FROM known)")}`,
);
