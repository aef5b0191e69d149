import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { askRedis } from "./ask-redis.ts";
import type { World } from "./world.ts";

/** Where one of these texts stands: in tables, in logs and whatever else the processes wrote, in Redis and its files. */
export async function findTexts({ stores }: World, texts: readonly string[]): Promise<string[]> {
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
  // PostgreSQL's own files hold the sealed credential only; its tables were read above.
  const paths = await filesBelow(stores.directory, join(stores.directory, "postgres"));
  if (stores.redis) paths.push(...(await filesBelow(await saveRedis(stores.redis.url))));
  for (const path of paths) if (await holds(path, texts)) found.push(path);
  return found;
}

/** As it is written down, or in a usual disguise. */
export const disguises = (secret: string): string[] => [
  secret,
  Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  Buffer.from(secret).toString("hex"),
];

/** Everything that Redis holds now becomes a file next to the one of everything that it was told; resolves with their folder. */
async function saveRedis(url: string): Promise<string> {
  await askRedis(url, "CONFIG SET rdbcompression no");
  const answer = await askRedis(url, "SAVE");
  if (!answer.startsWith("+OK")) throw new Error(`Redis answered SAVE with ${answer}; expected +OK.`);
  const directory = /\r\n(\/[^\r]*)\r\n/.exec(await askRedis(url, "CONFIG GET dir"))?.[1];
  if (directory === undefined) throw new Error("Redis does not say where its files are.");
  return directory;
}

async function filesBelow(directory: string, without = ""): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const paths = entries.map(async (entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && path !== without) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
  return (await Promise.all(paths)).flat();
}

/** Read in pieces: a log may be longer than a string can be. */
async function holds(path: string, texts: readonly string[]): Promise<boolean> {
  const overlap = Math.max(...texts.map(({ length }) => length));
  let rest = "";
  for await (const piece of createReadStream(path, { encoding: "latin1", highWaterMark: 1_048_576 })) {
    const text = rest + piece;
    if (texts.some((one) => text.includes(one))) return true;
    rest = text.slice(-overlap);
  }
  return false;
}
