import { Failure, isJsonObject, type Json } from "@millrace/base";
import type { StateOperation } from "@millrace/connector-kit";
import type pg from "pg";
import { applyStateOperation } from "../key-values/apply-state-operations.ts";
import { keyFault } from "../key-values/evaluate-state-operation.ts";
import { storedText } from "../stored-text.ts";
import { inTransaction } from "../transaction.ts";
import { readJson } from "./json-column.ts";
import { NotFound } from "./not-found.ts";
import { type Page, type PageRequest, pageSize, toPage } from "./page.ts";

/** Lists show values up to this size; `get` shows every one. */
const listedValueBytes = 16_384;

export type KeyValueEntry = {
  key: string;
  value: Json;
  /** Rises with each write. */
  version: number;
  expiresAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
  /** Null where a person or the API wrote it last. */
  updatedByRunId: string | null;
};

/** `value` is absent where it is larger than 16 KiB. */
export type KeyValueSummary = Omit<KeyValueEntry, "value"> & { value?: Json; sizeBytes: number };

// pg gives a bigint as text.
type Row = Omit<KeyValueEntry, "value" | "version"> & { version: string };
type StoredRow = Row & { valueJson: string };
type ListedRow = Row & { valueJson: string | null; sizeBytes: number };

const metadata = `key, version, expires_at AS "expiresAt", created_at AS "createdAt", updated_at AS "updatedAt",
  updated_by_run_id AS "updatedByRunId"`;
const isVisible = "(expires_at IS NULL OR expires_at > now())";

/**
 * The workspace's durable state as people and the API see it. Writes go the way that the writes of runs go; expiry goes by
 * the database's clock.
 */
export function createKeyValueRepository(pool: pg.Pool) {
  const find = (workspaceId: string, key: string): Promise<KeyValueEntry | undefined> =>
    readEntry(pool, workspaceId, key);

  return {
    /** By key. `prefix` is plain text: no character in it is special. */
    async list(
      request: PageRequest & { workspaceId: string; prefix?: string | undefined },
    ): Promise<Page<KeyValueSummary>> {
      const { workspaceId, prefix = "", cursor = "", limit } = request;
      const size = pageSize(limit);
      const { rows } = await pool.query<ListedRow>(
        `SELECT ${metadata}, octet_length(value_json) AS "sizeBytes",
                CASE WHEN octet_length(value_json) <= ${listedValueBytes} THEN value_json END AS "valueJson"
         FROM key_values
         WHERE workspace_id = $1 AND starts_with(key, $2) AND key > $3 AND ${isVisible}
         ORDER BY key LIMIT $4`,
        [workspaceId, storedText(prefix), storedText(cursor), size + 1],
      );
      return toPage(rows, size, presentSummary, (row) => row.key);
    },

    find,

    /** Throws NotFound. */
    async get(workspaceId: string, key: string): Promise<KeyValueEntry> {
      const entry = await find(workspaceId, key);
      if (!entry) throw new NotFound("key", key);
      return entry;
    },

    /**
     * Creates or replaces the value; without `expiresInMs` it stays for good, whatever the one before had.
     * Throws Failure `invalid_input` for a key that can't be.
     */
    async set(write: {
      workspaceId: string;
      key: string;
      value: Json;
      expiresInMs?: number | undefined;
    }): Promise<KeyValueEntry> {
      const { workspaceId, key, value, expiresInMs } = write;
      return inTransaction(pool, async (client) => {
        const expiry = expiresInMs === undefined ? {} : { expiresInMs };
        await apply(client, workspaceId, { op: "set", key, value, ...expiry });
        const entry = await readEntry(client, workspaceId, key);
        if (!entry)
          throw new Failure("invalid_input", "A value must stay for more than 0 ms.", { field: "expiresInMs" });
        return entry;
      });
    },

    /** Throws NotFound. */
    async remove(workspaceId: string, key: string): Promise<void> {
      if (keyFault(key)) throw new NotFound("key", key);
      const output = await inTransaction(pool, (client) => apply(client, workspaceId, { op: "delete", key }));
      if (!isJsonObject(output) || output.deleted !== true) throw new NotFound("key", key);
    },
  };
}

export type KeyValueRepository = ReturnType<typeof createKeyValueRepository>;

async function apply(client: pg.PoolClient, workspaceId: string, operation: StateOperation): Promise<Json> {
  const outcome = await applyStateOperation(client, workspaceId, operation, null);
  if (outcome.ok) return outcome.output;
  const { code, message, ...detail } = outcome.failure;
  throw new Failure(code, message, detail);
}

async function readEntry(
  queryable: pg.Pool | pg.PoolClient,
  workspaceId: string,
  key: string,
): Promise<KeyValueEntry | undefined> {
  if (keyFault(key)) return undefined;
  const { rows } = await queryable.query<StoredRow>(
    `SELECT ${metadata}, value_json AS "valueJson" FROM key_values WHERE workspace_id = $1 AND key = $2 AND ${isVisible}`,
    [workspaceId, key],
  );
  return rows[0] && presentEntry(rows[0]);
}

function presentEntry({ valueJson, version, ...entry }: StoredRow): KeyValueEntry {
  return { ...entry, version: Number(version), value: readJson<Json>(valueJson) };
}

function presentSummary({ valueJson, version, ...entry }: ListedRow): KeyValueSummary {
  return { ...entry, version: Number(version), ...(valueJson !== null && { value: readJson<Json>(valueJson) }) };
}
