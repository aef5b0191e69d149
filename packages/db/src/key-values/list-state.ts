import type { Json } from "@millrace/base";
import type { StateOperation, StateResult } from "@millrace/connector-kit";
import type pg from "pg";
import { storedText } from "../stored-text.ts";

/** By key. The cursor is the last key of the page before. */
export async function listState(
  client: pg.PoolClient,
  workspaceId: string,
  { prefix, limit, cursor }: Extract<StateOperation, { op: "list" }>,
): Promise<StateResult["list"]> {
  const { rows } = await client.query<{ key: string; value_json: string }>(
    `SELECT key, value_json FROM key_values
     WHERE workspace_id = $1 AND starts_with(key, $2) AND ($3::text IS NULL OR key > $3)
       AND (expires_at IS NULL OR expires_at > now())
     ORDER BY key LIMIT $4`,
    [workspaceId, storedText(prefix), cursor === undefined ? null : storedText(cursor), limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    entries: page.map(({ key, value_json }) => ({ key, value: JSON.parse(value_json) as Json })),
    ...(rows.length > limit && last ? { nextCursor: last.key } : {}),
  };
}
