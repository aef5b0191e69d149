import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { World } from "./world.ts";

/** Where the canary stands, plain or in base64: tables, logs and whatever else the processes wrote. */
export async function findSecret({ canary, stores }: World): Promise<string[]> {
  const texts = [
    canary,
    Buffer.from(canary).toString("base64").replace(/=+$/, ""),
    Buffer.from(canary).toString("hex"),
  ];
  const found: string[] = [];
  const { rows: tables } = await stores.pool.query<{ name: string }>(
    "SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables WHERE table_schema IN ('public', 'bullmq') AND table_type = 'BASE TABLE'",
  );
  for (const { name } of tables) {
    const { rowCount } = await stores.pool.query(`SELECT 1 FROM ${name} AS t WHERE t::text LIKE ANY($1) LIMIT 1`, [
      texts.map((text) => `%${text}%`),
    ]);
    if ((rowCount ?? 0) > 0) found.push(`table ${name}`);
  }
  for (const entry of await readdir(stores.directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // PostgreSQL's own files hold the sealed credential only; its tables were read above.
    if (!entry.isFile() || path.includes(`${stores.directory}/postgres/`)) continue;
    const content = await readFile(path, "utf8").catch(() => "");
    if (texts.some((text) => content.includes(text))) found.push(path.slice(stores.directory.length + 1));
  }
  return found;
}
