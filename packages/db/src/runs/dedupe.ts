import type pg from "pg";
import { statement } from "../statement.ts";
import type { Arrival } from "./arrival.ts";

/** The run that owns a key, and whether the body that came first was another one. */
export type Owner = { runId: string; bodyDiffers: boolean };

/** Of an arrival without a key there is none. */
export type Owners = ReadonlyMap<Arrival, Owner>;

/** What brings each key, in the order of arrival: the first is offered as its owner. */
export type OfferedKeys = ReadonlyMap<string, readonly [Keyed, ...Keyed[]]>;

type Keyed = Extract<Arrival, { kind: "accept" }> & { key: NonNullable<Extract<Arrival, { kind: "accept" }>["key"]> };

type OwnerRow = { endpoint_id: string; key_hash: Buffer; run_id: string; body_hash: Buffer };

/** A sender is to be told within a second that its request could not be recorded, after a try in company and one alone. */
const lockLimitMs = 400;

/**
 * The keys of a batch, always in the same order, so that batches which share keys wait for each other and never in a circle.
 * They are put in order, and so read to their end, before the first of them is waited for: by then the limit holds.
 */
export const offered = `waits AS MATERIALIZED (SELECT set_config('lock_timeout', '${lockLimitMs}', true)),
  offered AS MATERIALIZED (
    SELECT e, k, r, b FROM waits, unnest($1::text[], $2::bytea[], $3::text[], $4::bytea[]) AS t(e, k, r, b) ORDER BY e COLLATE "C", k
  )`;

const claim = statement(`WITH ${offered}
  INSERT INTO dedupe_keys AS d (endpoint_id, key_hash, run_id, body_hash) SELECT e, k, r, b FROM offered
  ON CONFLICT (endpoint_id, key_hash) DO UPDATE SET run_id = d.run_id
  RETURNING endpoint_id, key_hash, run_id, body_hash`);

export function offeredKeys(arrivals: readonly Arrival[]): OfferedKeys {
  const keys = new Map<string, [Keyed, ...Keyed[]]>();
  for (const arrival of arrivals) {
    if (!isKeyed(arrival)) continue;
    const earlier = keys.get(arrival.key.name);
    if (earlier) earlier.push(arrival);
    else keys.set(arrival.key.name, [arrival]);
  }
  return keys;
}

const isKeyed = (arrival: Arrival): arrival is Keyed => arrival.kind === "accept" && arrival.key !== undefined;

/** The values of `offered`. */
export function keyColumns(keys: OfferedKeys): unknown[] {
  const firsts = [...keys.values()].map(([first]) => first);
  return [
    firsts.map(({ key }) => key.endpointId),
    firsts.map(({ key }) => key.keyHash),
    firsts.map(({ ids }) => ids.runId),
    firsts.map(({ key }) => key.bodyHash),
  ];
}

/** How many values these are. */
export const keyColumnCount = 4;

/**
 * Whose each key is from now on: that of the batch which offers it, or of one before. Of processes that bring the same key
 * at once, one inserts and the others wait for its commit.
 */
export async function claimKeys(client: pg.PoolClient, keys: OfferedKeys): Promise<OwnerRow[]> {
  const { rows } = await client.query<OwnerRow>(claim(keyColumns(keys)));
  return rows;
}

export function ownersOf(keys: OfferedKeys, rows: readonly OwnerRow[]): Owners {
  const owners = new Map<Arrival, Owner>();
  for (const row of rows) {
    for (const arrival of keys.get(`${row.endpoint_id} ${row.key_hash.toString("hex")}`) ?? []) {
      owners.set(arrival, { runId: row.run_id, bodyDiffers: !row.body_hash.equals(arrival.key.bodyHash) });
    }
  }
  return owners;
}

/** Where no key has an owner yet: the first that brings it. */
export function ownersInBatch(keys: OfferedKeys): Owners {
  const owners = new Map<Arrival, Owner>();
  for (const [first, ...others] of keys.values()) {
    owners.set(first, { runId: first.ids.runId, bodyDiffers: false });
    for (const other of others) {
      owners.set(other, { runId: first.ids.runId, bodyDiffers: !first.key.bodyHash.equals(other.key.bodyHash) });
    }
  }
  return owners;
}
