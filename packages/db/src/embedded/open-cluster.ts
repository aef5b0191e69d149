import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type ClusterAccess, createClusterAccess, findClusterAccess } from "./cluster-access.ts";
import type { Cluster } from "./cluster-process.ts";
import { createCluster, majorOfData, ownerOfData, placeData, systemDirectory } from "./data-directory.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import { preparePostgresBinaries } from "./postgres-binaries.ts";
import type { EmbeddedPostgresOptions } from "./start-embedded-postgres.ts";
import { userForPostgres } from "./system-user.ts";

/** Finds or creates the data and what is needed to run a server on it. */
export async function openCluster(
  home: string,
  options: EmbeddedPostgresOptions,
): Promise<{ cluster: Cluster; access: ClusterAccess }> {
  await mkdir(home, { recursive: true });
  const preferred = await userForPostgres();
  const data = await placeData(home, preferred);
  const user = (await ownerOfData(data)) ?? preferred;
  const binaries = await preparePostgresBinaries(user, preferred === undefined ? home : systemDirectory);
  const settings = options.settings ?? {};
  const cluster: Cluster = { data, binaries, user, settings, logFile: join(home, "logs", "postgres.log") };
  const major = await majorOfData(data);
  if (major !== undefined && major !== binaries.major) {
    throw new EmbeddedPostgresError(
      `The data in ${data} was written by PostgreSQL ${major}, and this release of Millrace brings PostgreSQL ${binaries.major}, ` +
        "which can't read it. Start the release that wrote it, export your data there, and import it here.",
    );
  }
  const found = await findClusterAccess(home);
  if (major !== undefined && found === undefined) {
    throw new EmbeddedPostgresError(
      `${join(home, "postgres.json")} is missing. It holds the password of the data in ${data}: restore it.`,
    );
  }
  const access = found ?? (await createClusterAccess(home, options.port));
  if (major === undefined) {
    options.onProgress?.("Creating the database");
    await createCluster(data, { binaries, user, password: access.password, isDurable: settings.fsync !== "off" });
  }
  return { cluster, access };
}
