import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export type Migration = { name: string; sql: string; checksum: string };

/** Three levels up from here, whether this runs from `src/migration` or from `dist/migration`. */
export const migrationsDirectory = fileURLToPath(new URL("../../../../prisma/migrations", import.meta.url));

const namePattern = /^\d{4}_[a-z0-9_]+$/;

/** Every migration, in the order in which they apply. */
export async function readMigrations(directory: string = migrationsDirectory): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  for (const name of names) {
    if (!namePattern.test(name)) {
      throw new Error(
        `${join(directory, name)}: a migration is named like 0002_add_schedules (four digits, then small letters).`,
      );
    }
  }
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(directory, name, "migration.sql"), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    }),
  );
}
