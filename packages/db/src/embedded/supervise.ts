import { setTimeout as delay } from "node:timers/promises";
import { type ClusterAccess, clusterUrl } from "./cluster-access.ts";
import { type ClusterLock, holdCluster } from "./cluster-lock.ts";
import { type Cluster, findRunningServer, startServer, stopServer } from "./cluster-process.ts";
import { isServerOf, type Postmaster } from "./postmaster.ts";
import type { EmbeddedPostgres } from "./start-embedded-postgres.ts";

export type Supervised = { cluster: Cluster; access: ClusterAccess; home: string; log: (message: string) => void };

/** Keeps the server running until it is stopped: whenever it ends unasked, it is started again. */
export function supervise(supervised: Supervised, first: Postmaster, firstLock: ClusterLock): EmbeddedPostgres {
  const { cluster, access, home, log } = supervised;
  let server = first;
  let lock = firstLock;
  let isStopping = false;
  let recovering: Promise<void> = Promise.resolve();

  function watch(): void {
    void lock.lost.then(() => {
      if (!isStopping) recovering = recover();
    });
  }

  /** The lock's connection is gone: either it was cut, or the server is. */
  async function recover(): Promise<void> {
    for (let waitMs = 50; !isStopping; waitMs = Math.min(waitMs * 2, 5_000)) {
      try {
        if (!(await isServerOf(server.pid, cluster.data))) {
          log(`PostgreSQL ${server.pid} ended unexpectedly; starting it again.`);
          server = (await findRunningServer(cluster, access)) ?? (await startServer(cluster, access));
        }
        lock = await holdCluster(access, home);
        watch();
        return;
      } catch (error) {
        log(`PostgreSQL is not back yet: ${(error as Error).message}`);
        await delay(waitMs);
      }
    }
  }

  watch();
  return {
    url: clusterUrl(access),
    get pid() {
      return server.pid;
    },
    async stop() {
      isStopping = true;
      await recovering;
      await lock.release();
      await stopServer(cluster, server.pid);
      log(`PostgreSQL ${server.pid} has stopped.`);
    },
  };
}
