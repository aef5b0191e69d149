import { type SealedRecord, type Vault, VaultError } from "@millrace/vault";
import type pg from "pg";
import { type ConnectionVaults, vaultFor } from "./connection-vaults.ts";
import { readJson } from "./json-column.ts";

export type SealedRowCount = { kekId: string; rows: number };

export type Rewrapped = {
  rewrapped: number;
  /** Rows that no key opens: they stay as they are, and keep their key needed until somebody replaces or deletes them. */
  unopened: string[];
};

type SealedRow = { id: string; workspaceId: string; connectorId: string; version: number; sealed: string };
type SealedTable = { read: string; write: string; vaultOf(row: SealedRow, vaults: ConnectionVaults): Vault };

/** SQL for the key of a sealed text, which names it once, ahead of the fields. */
export const keyIn = (column: string): string => `substring(${column} from '"kekId":"([a-z0-9-]+)"')`;

// The sealed text holds key, version and random bytes, so it is compared as a whole: a row that was replaced or re-wrapped
// since it was read stays as it is.
const compared = `FROM turn, unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS n(id, workspace_id, before, after)
  WHERE s.id = n.id AND s.workspace_id = n.workspace_id`;

// One process at a time: two that lock the same rows in another order would end each other.
const inTurn = "WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtextextended('re-wrap', 0)))";

const connections: SealedTable = {
  read: `SELECT id, workspace_id AS "workspaceId", connector_id AS "connectorId", version, sealed_json AS sealed
    FROM connections WHERE kek_id <> $1 AND id > $2 ORDER BY id LIMIT $3`,
  write: `${inTurn}
    UPDATE connections s SET sealed_json = n.after, kek_id = ${keyIn("n.after")} ${compared} AND s.sealed_json = n.before`,
  vaultOf: ({ connectorId }, vaults) => vaultFor(vaults, connectorId),
};

const endpoints: SealedTable = {
  read: `SELECT id, workspace_id AS "workspaceId", '' AS "connectorId", 1 AS version, sealed_token AS sealed
    FROM endpoints WHERE ${keyIn("sealed_token")} <> $1 AND id > $2 ORDER BY id LIMIT $3`,
  write: `${inTurn}
    UPDATE endpoints s SET sealed_token = n.after ${compared} AND s.sealed_token = n.before`,
  vaultOf: (_row, vaults) => vaults.credentials,
};

const batch = 200;
/** What is still left then is another process's doing, and the next call's. */
const passesAtMost = 10;

/** Everything that the vault sealed, of all workspaces: for a change of keys, which concerns the installation. */
export function createSealedRows(pool: pg.Pool, vaults: ConnectionVaults, primaryId: string) {
  async function write(table: SealedTable, renewed: readonly { row: SealedRow; sealed: string }[]): Promise<number> {
    const { rowCount } = await pool.query(table.write, [
      renewed.map(({ row }) => row.id),
      renewed.map(({ row }) => row.workspaceId),
      renewed.map(({ row }) => row.sealed),
      renewed.map(({ sealed }) => sealed),
    ]);
    return rowCount ?? 0;
  }

  /** Returns how many rows it tried to re-wrap: some may have been replaced meanwhile. */
  async function rewrapTable(table: SealedTable, done: Rewrapped, signal: AbortSignal): Promise<number> {
    let after = "";
    let tried = 0;
    while (!signal.aborted) {
      const { rows } = await pool.query<SealedRow>(table.read, [primaryId, after, batch]);
      const renewed = rows.flatMap((row) => {
        const sealed = rewrapRow(table.vaultOf(row, vaults), row);
        if (sealed === undefined) done.unopened.push(row.id);
        return sealed === undefined ? [] : [{ row, sealed }];
      });
      done.rewrapped += renewed.length === 0 ? 0 : await write(table, renewed);
      tried += renewed.length;
      const last = rows.at(-1);
      if (last === undefined || rows.length < batch) break;
      after = last.id;
    }
    return tried;
  }

  return {
    async countByKey(): Promise<SealedRowCount[]> {
      const { rows } = await pool.query<SealedRowCount>(
        `SELECT "kekId", sum(rows)::int AS rows FROM (
           SELECT kek_id AS "kekId", count(*) AS rows FROM connections GROUP BY 1
           UNION ALL SELECT ${keyIn("sealed_token")}, count(*) FROM endpoints GROUP BY 1
         ) counted WHERE "kekId" IS NOT NULL GROUP BY 1 ORDER BY 1`,
      );
      return rows;
    },

    /**
     * Wraps every data key with the ring's first key, in batches, until no row is left that another one wraps. What was
     * sealed stays as it is. May be stopped anywhere, begun again, and done by several processes at once.
     */
    async rewrap(signal: AbortSignal): Promise<Rewrapped> {
      const done: Rewrapped = { rewrapped: 0, unopened: [] };
      // Others may seal with the old key meanwhile.
      for (let pass = 0; pass < passesAtMost; pass++) {
        done.unopened = [];
        let tried = 0;
        for (const table of [connections, endpoints]) tried += await rewrapTable(table, done, signal);
        if (tried === 0 || signal.aborted) break;
      }
      return done;
    },
  };
}

export type SealedRows = ReturnType<typeof createSealedRows>;

function rewrapRow(vault: Vault, { id, workspaceId, version, sealed }: SealedRow): string | undefined {
  try {
    const owner = { workspaceId, connectionId: id, version };
    return JSON.stringify(vault.rewrap(owner, readJson<SealedRecord>(sealed)));
  } catch (error) {
    if (error instanceof VaultError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
