import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import { findFreePort } from "./port.ts";

/** How to reach the cluster of a home: kept in `postgres.json`, readable by its owner only. */
export type ClusterAccess = { port: number; password: string };

export const clusterRole = "millrace";
export const clusterDatabase = "millrace";

const fileIn = (home: string): string => join(home, "postgres.json");

export async function findClusterAccess(home: string): Promise<ClusterAccess | undefined> {
  const text = await readFile(fileIn(home), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const { port, password } = JSON.parse(text) as Record<string, unknown>;
    if (typeof port === "number" && typeof password === "string") return { port, password };
  } catch {
    // Told below, like any other content that can't be right.
  }
  throw new EmbeddedPostgresError(
    `${fileIn(home)} must hold {"port": number, "password": text}, and does not. ` +
      "Restore it from a backup: without the password the data can't be opened.",
  );
}

/** Two processes may come here at once: the first one's password counts. */
export async function createClusterAccess(home: string, port: number | undefined): Promise<ClusterAccess> {
  const access = { port: port ?? (await findFreePort()), password: randomBytes(24).toString("base64url") };
  try {
    await writeFile(fileIn(home), present(access), { mode: 0o600, flag: "wx" });
    return access;
  } catch (error) {
    const existing = await findClusterAccess(home);
    if (existing === undefined) throw error;
    return existing;
  }
}

export async function recordPort(home: string, access: ClusterAccess, port: number): Promise<ClusterAccess> {
  const changed = { ...access, port };
  const next = `${fileIn(home)}.new`;
  await writeFile(next, present(changed), { mode: 0o600 });
  await rename(next, fileIn(home));
  return changed;
}

export const clusterUrl = ({ port, password }: ClusterAccess, database: string = clusterDatabase): string =>
  `postgresql://${clusterRole}:${password}@127.0.0.1:${port}/${database}`;

const present = (access: ClusterAccess): string => `${JSON.stringify(access, null, 2)}\n`;
