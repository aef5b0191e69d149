import type pg from "pg";
import { statement } from "../statement.ts";
import type { Arrival } from "./arrival.ts";

/** The run that owns a key, and whether the body that came first was another one. */
export type Owner = { runId: string; bodyDiffers: boolean };

type OwnerRow = { endpoint_id: string; key_hash: Buffer; run_id: string; body_hash: Buffer };

/** A sender is to be told within a second that its request could not be recorded, after a try in company and one alone. */
const lockLimitMs = 400;

/**
 * Always in the same order, so that batches which share keys wait for each other and never in a circle. What is put in order
 * is read to its end first, so the limit of this transaction's waits holds before the first of them.
 */
const claim = statement(`WITH waits AS MATERIALIZED (SELECT set_config('lock_timeout', '${lockLimitMs}', true))
  INSERT INTO dedupe_keys AS d (endpoint_id, key_hash, run_id, body_hash)
  SELECT e, k, r, b FROM waits, unnest($1::text[], $2::bytea[], $3::text[], $4::bytea[]) AS t(e, k, r, b) ORDER BY e COLLATE "C", k
  ON CONFLICT (endpoint_id, key_hash) DO UPDATE SET run_id = d.run_id
  RETURNING endpoint_id, key_hash, run_id, body_hash`);

/**
 * Which run each keyed arrival belongs to: its own, that of an earlier arrival in the batch, or one that is stored.
 * Of processes that bring the same key at once, one inserts and the others wait for its commit.
 */
export async function claimDedupeKeys(
  client: pg.PoolClient,
  arrivals: readonly Arrival[],
): Promise<Map<Arrival, Owner>> {
  const groups = new Map<string, Keyed[]>();
  for (const arrival of arrivals) {
    if (!isKeyed(arrival)) continue;
    groups.set(arrival.key.name, [...(groups.get(arrival.key.name) ?? []), arrival]);
  }
  const owners = new Map<Arrival, Owner>();
  const firsts = [...groups.values()].flatMap(([first]) => (first ? [first] : []));
  if (firsts.length === 0) return owners;
  const { rows } = await client.query<OwnerRow>(
    claim([
      firsts.map(({ key }) => key.endpointId),
      firsts.map(({ key }) => key.keyHash),
      firsts.map(({ ids }) => ids.runId),
      firsts.map(({ key }) => key.bodyHash),
    ]),
  );
  for (const row of rows) {
    for (const arrival of groups.get(`${row.endpoint_id} ${row.key_hash.toString("hex")}`) ?? []) {
      owners.set(arrival, { runId: row.run_id, bodyDiffers: !row.body_hash.equals(arrival.key.bodyHash) });
    }
  }
  return owners;
}

type Keyed = Extract<Arrival, { kind: "accept" }> & { key: NonNullable<Extract<Arrival, { kind: "accept" }>["key"]> };

export const isKeyed = (arrival: Arrival): arrival is Keyed => arrival.kind === "accept" && arrival.key !== undefined;
