import type { FailureRecord, Json } from "@millrace/base";
import type { StateOperation } from "@millrace/connector-kit";
import type pg from "pg";
import { statement } from "../statement.ts";
import { evaluateStateOperation, keyFault, type StateWrite, type StoredValue } from "./evaluate-state-operation.ts";
import { listState } from "./list-state.ts";

export type StateRequest = {
  workspaceId: string;
  operation: StateOperation;
  /** Null where a person or the API asks. */
  runId: string | null;
};

export type StateOutcome = { ok: true; output: Json } | { ok: false; failure: FailureRecord };

/** Of one request, inside the caller's transaction. */
export async function applyStateOperation(
  client: pg.PoolClient,
  workspaceId: string,
  operation: StateOperation,
  runId: string | null,
): Promise<StateOutcome> {
  const [outcome] = await applyStateOperations(client, [{ workspaceId, operation, runId }]);
  if (outcome === undefined) throw new Error("A state operation gave no outcome.");
  return outcome;
}

type Cell = {
  workspaceId: string;
  key: string;
  /** As the requests so far left it; undefined where there is none. */
  stored: StoredValue | undefined;
  /** What no statement has written yet. */
  write?: StateWrite;
  runId: string | null;
  /** The transaction's time, by the database's clock. */
  now: Date;
  /** Nothing was there before: its row only stands for it, unless something is written. */
  isStandIn: boolean;
};

/** What requests find in the store, read and locked in the caller's transaction, and what they make of it. */
export type State = {
  /** Of any operation but a list. Not written yet. */
  apply(request: StateRequest): StateOutcome;
  /** What is to be written of it, in this order. */
  store(): pg.QueryConfig[];
};

/**
 * Reads what these requests need, in a statement or two however many they are.
 * Rows are locked in the order of their keys, so transactions that share keys wait for each other and never in a circle.
 */
export async function openState(client: pg.PoolClient, requests: readonly StateRequest[]): Promise<State> {
  const cells = await openCells(client, requests);
  return {
    apply: (request) => apply(request, cells),
    store: () => [...writesOf(cells), ...standInRemovals(cells)],
  };
}

async function openCells(client: pg.PoolClient, requests: readonly StateRequest[]): Promise<Map<string, Cell>> {
  const cells = new Map<string, Cell>();
  const keyed = requests.flatMap(({ workspaceId, operation }) =>
    operation.op === "list" || keyFault(operation.key)
      ? []
      : [{ workspaceId, key: operation.key, isRead: operation.op === "get" }],
  );
  await Promise.all([
    lockCells(
      client,
      cells,
      keyed.filter(({ isRead }) => !isRead),
    ),
    readCells(
      client,
      cells,
      keyed.filter(({ isRead }) => isRead),
    ),
  ]);
  return cells;
}

/** Applies the requests in their order, inside the caller's transaction. */
export async function applyStateOperations(
  client: pg.PoolClient,
  requests: readonly StateRequest[],
): Promise<StateOutcome[]> {
  const cells = await openCells(client, requests);
  const outcomes: StateOutcome[] = [];
  for (const request of requests) {
    if (request.operation.op === "list") {
      // It must see what the requests before it wrote.
      await send(client, writesOf(cells));
      outcomes.push({ ok: true, output: await listState(client, request.workspaceId, request.operation) });
    } else {
      outcomes.push(apply(request, cells));
    }
  }
  await send(client, [...writesOf(cells), ...standInRemovals(cells)]);
  return outcomes;
}

const send = (client: pg.PoolClient, statements: readonly pg.QueryConfig[]) =>
  Promise.all(statements.map((statement) => client.query(statement)));

function apply({ workspaceId, operation, runId }: StateRequest, cells: ReadonlyMap<string, Cell>): StateOutcome {
  if (operation.op === "list") throw new Error("A list is read in its turn.");
  const fault = keyFault(operation.key);
  if (fault) return { ok: false, failure: fault };
  const cell = cells.get(cellName(workspaceId, operation.key));
  if (cell === undefined) throw new Error("The key of a state operation was not read.");
  const evaluated = evaluateStateOperation(operation, cell.stored, cell.now);
  if (!evaluated.ok) return evaluated;
  if (evaluated.write) {
    cell.write = evaluated.write;
    cell.stored = evaluated.write === "delete" ? undefined : evaluated.write;
    cell.runId = runId;
  }
  return { ok: true, output: evaluated.output };
}

const cellName = (workspaceId: string, key: string): string => `${workspaceId}\u0000${key}`;

type Place = { workspaceId: string; key: string };

function columnsOf(places: readonly Place[]): [string[], string[]] {
  const distinct = [...new Map(places.map((place) => [cellName(place.workspaceId, place.key), place])).values()];
  return [distinct.map(({ workspaceId }) => workspaceId), distinct.map(({ key }) => key)];
}

type Row = {
  workspace_id: string;
  key: string;
  value_json: string;
  version: string;
  expires_at: Date | null;
  is_live: boolean;
  now: Date;
};

const readColumns = `k.workspace_id, k.key, k.value_json, k.version, k.expires_at, now() AS now,
  (k.expires_at IS NULL OR k.expires_at > now()) AS is_live`;

const standInVersion = 0;

const lock = statement(`INSERT INTO key_values AS k (workspace_id, key, value_json, version, expires_at)
  SELECT w, n, 'null', ${standInVersion}, '-infinity' FROM unnest($1::text[], $2::text[]) AS t(w, n) ORDER BY w COLLATE "C", n COLLATE "C"
  ON CONFLICT (workspace_id, key) DO UPDATE SET version = k.version RETURNING ${readColumns}`);

/**
 * An absent key has no row to lock. A row that has always been expired stands in for it until the end of the
 * transaction, so that two who create the same key wait for each other.
 */
async function lockCells(client: pg.PoolClient, cells: Map<string, Cell>, places: readonly Place[]): Promise<void> {
  if (places.length === 0) return;
  const { rows } = await client.query<Row>(lock(columnsOf(places)));
  for (const row of rows) keepCell(cells, row, Number(row.version) === standInVersion);
}

const read = statement(
  `SELECT ${readColumns} FROM unnest($1::text[], $2::text[]) AS t(w, n) JOIN key_values k ON k.workspace_id = t.w AND k.key = t.n`,
);

/** What others of the same transaction lock is theirs to keep. */
async function readCells(client: pg.PoolClient, cells: Map<string, Cell>, places: readonly Place[]): Promise<void> {
  if (places.length === 0) return;
  const { rows } = await client.query<Row>(read(columnsOf(places)));
  const isKnown = ({ workspaceId, key }: Place) => cells.has(cellName(workspaceId, key));
  for (const row of rows) {
    if (!isKnown({ workspaceId: row.workspace_id, key: row.key })) keepCell(cells, row, false);
  }
  for (const place of places) {
    // Only read, so its time is not asked for.
    if (!isKnown(place))
      cells.set(cellName(place.workspaceId, place.key), {
        ...place,
        stored: undefined,
        runId: null,
        now: new Date(0),
        isStandIn: false,
      });
  }
}

function keepCell(cells: Map<string, Cell>, row: Row, isStandIn: boolean): void {
  const { workspace_id: workspaceId, key, now } = row;
  const stored = row.is_live
    ? { value: JSON.parse(row.value_json) as Json, version: Number(row.version), expiresAt: row.expires_at }
    : undefined;
  cells.set(cellName(workspaceId, key), { workspaceId, key, stored, runId: null, now, isStandIn });
}

const write =
  statement(`INSERT INTO key_values AS k (workspace_id, key, value_json, version, expires_at, updated_by_run_id)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::text[])
  ON CONFLICT (workspace_id, key) DO UPDATE SET value_json = excluded.value_json, version = excluded.version,
    expires_at = excluded.expires_at, updated_by_run_id = excluded.updated_by_run_id, updated_at = now(),
    created_at = CASE WHEN excluded.version = 1 THEN now() ELSE k.created_at END`);

function writesOf(cells: Map<string, Cell>): pg.QueryConfig[] {
  const written = [...cells.values()].flatMap(({ write, ...cell }) =>
    write === undefined ? [] : [{ ...cell, write }],
  );
  const removing = removalOf(written.filter(({ write }) => write === "delete"));
  for (const cell of cells.values()) {
    if (cell.write === undefined) continue;
    cell.isStandIn = false;
    delete cell.write;
  }
  const kept = written.flatMap(({ write, ...cell }) => (write === "delete" ? [] : [{ ...cell, ...write }]));
  if (kept.length === 0) return removing;
  const values = [
    kept.map(({ workspaceId }) => workspaceId),
    kept.map(({ key }) => key),
    kept.map(({ value }) => JSON.stringify(value)),
    kept.map(({ version }) => version),
    kept.map(({ expiresAt }) => expiresAt?.toISOString() ?? null),
    kept.map(({ runId }) => runId),
  ];
  return [...removing, write(values)];
}

const standInRemovals = (cells: Map<string, Cell>): pg.QueryConfig[] =>
  removalOf([...cells.values()].filter(({ isStandIn }) => isStandIn));

const remove = statement(
  "DELETE FROM key_values k USING unnest($1::text[], $2::text[]) AS t(w, n) WHERE k.workspace_id = t.w AND k.key = t.n",
);

const removalOf = (places: readonly Place[]): pg.QueryConfig[] =>
  places.length === 0 ? [] : [remove(columnsOf(places))];
