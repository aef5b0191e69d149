import { resolve } from "node:path";
import pg from "pg";
import { type ClusterAccess, clusterDatabase, clusterUrl, recordPort } from "./cluster-access.ts";
import { holdCluster } from "./cluster-lock.ts";
import { type Cluster, findRunningServer, startServer } from "./cluster-process.ts";
import type { ClusterSettings } from "./cluster-settings.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import { openCluster } from "./open-cluster.ts";
import { findFreePort, isPortFree } from "./port.ts";
import type { Postmaster } from "./postmaster.ts";
import { supervise } from "./supervise.ts";

export type EmbeddedPostgresOptions = {
  /** MILLRACE_HOME: the data is in `postgres` below it. */
  home: string;
  /** Absent: a free one, chosen once and kept. */
  port?: number;
  /** Facts about starts, ends and restarts of the server. Never a password. */
  log: (message: string) => void;
  /** What takes a moment, in words for the person who waits. */
  onProgress?: (message: string) => void;
  /** Overrides settings of the server; for tests, which may give up durability. */
  settings?: ClusterSettings;
};

export type EmbeddedPostgres = {
  url: string;
  /** Of the server process now; it changes when the server had to be started again. */
  readonly pid: number;
  stop(): Promise<void>;
};

/**
 * Starts PostgreSQL as a child, or adopts the one that an earlier process left behind when it was killed, and starts it
 * again whenever it ends unasked. Throws EmbeddedPostgresError.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const home = resolve(options.home);
  const { cluster, access: kept } = await openCluster(home, options);
  const running = await findRunningServer(cluster, kept);
  if (running !== undefined)
    options.log(`PostgreSQL ${running.pid} is still running on port ${running.port}; it is taken over.`);
  const server = running ?? (await startOnPort(cluster, kept, home, options));
  const access = await recordIfChanged(home, kept, server.port);
  const lock = await holdCluster(access, home);
  await ensureDatabase(access);

  return supervise({ cluster, access, home, log: options.log }, server, lock);
}

async function startOnPort(
  cluster: Cluster,
  access: ClusterAccess,
  home: string,
  { port, log, onProgress }: EmbeddedPostgresOptions,
): Promise<Postmaster> {
  onProgress?.("Starting PostgreSQL");
  let candidate = port ?? access.port;
  for (let attempt = 1; ; attempt++) {
    if (await isPortFree(candidate)) {
      try {
        const server = await startServer(cluster, { ...access, port: candidate });
        log(`PostgreSQL ${server.pid} listens on port ${server.port}.`);
        return server;
      } catch (error) {
        // Another process on this home may have been a moment faster: then it has the server, and the lock decides.
        const running = await findRunningServer(cluster, access);
        if (running !== undefined) return running;
        // Or another program took the port between our look and the server's.
        if (attempt === 3 || (await isPortFree(candidate))) throw error;
      }
    }
    if (port !== undefined) {
      throw new EmbeddedPostgresError(
        `Port ${port} for PostgreSQL is taken by another program. Free it or choose another port (${home}).`,
      );
    }
    log(`Port ${candidate} is taken by another program; choosing another one for PostgreSQL.`);
    candidate = await findFreePort();
  }
}

const recordIfChanged = async (home: string, access: ClusterAccess, port: number): Promise<ClusterAccess> =>
  access.port === port ? access : recordPort(home, access, port);

async function ensureDatabase(access: ClusterAccess): Promise<void> {
  const client = new pg.Client({ connectionString: clusterUrl(access, "postgres") });
  await client.connect();
  try {
    const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [clusterDatabase]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(clusterDatabase)}`);
  } finally {
    await client.end();
  }
}
