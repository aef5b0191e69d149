import type { Pool } from "pg";

/** Every row of every table as text, bytes in hexadecimal and in clear; in an order that does not depend on chance. */
export async function dumpTables(pool: Pool): Promise<string> {
  const tables = await pool.query<{ name: string }>(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT LIKE 'pg\\_%' AND schemaname <> 'information_schema' ORDER BY 1",
  );
  const parts: string[] = [];
  for (const { name } of tables.rows) {
    const rows = await pool.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t ORDER BY 1`);
    parts.push(name, ...rows.rows.map(({ row }) => row));
  }
  return parts.join("\n");
}
