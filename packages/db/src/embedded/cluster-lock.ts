import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { type ClusterAccess, clusterUrl } from "./cluster-access.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";

// Any fixed number: locks of the database "postgres" are no one else's.
const lockNumber = 4400;
/** The server notices within moments that a killed process's connection is gone. */
const patienceMs = 2_000;

/**
 * Held by the one process that looks after the cluster, as a lock of its database connection: the server frees it when
 * the process dies, however it dies, and no stale pid can be mistaken for a living one.
 */
export type ClusterLock = { release(): Promise<void>; lost: Promise<void> };

export async function holdCluster(access: ClusterAccess, home: string): Promise<ClusterLock> {
  const client = new pg.Client({
    connectionString: clusterUrl(access, "postgres"),
    application_name: `millrace supervisor ${process.pid}`,
    keepAlive: true,
  });
  const lost = new Promise<void>((resolve) => client.once("end", () => resolve()));
  client.on("error", () => undefined);
  await client.connect();
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const { rows } = await client.query<{ held: boolean }>("SELECT pg_try_advisory_lock($1) AS held", [lockNumber]);
    if (rows[0]?.held) return { lost, release: () => client.end().catch(() => undefined) };
    if (Date.now() >= deadline) break;
    await delay(100);
  }
  const { rows } = await client.query<{ holder: string }>(
    "SELECT application_name AS holder FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE locktype = 'advisory' AND granted AND objid = $1",
    [lockNumber],
  );
  await client.end();
  const holder = rows[0]?.holder.split(" ").at(-1);
  throw new EmbeddedPostgresError(
    `Another Millrace${holder === undefined ? "" : ` (process ${holder})`} is running on ${home}. ` +
      "Stop it first, or set MILLRACE_HOME to another directory.",
  );
}
