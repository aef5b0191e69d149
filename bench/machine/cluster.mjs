import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "@millrace/db";
import pg from "pg";
import { treeCpuMs } from "./cpu-time.mjs";
import { onEnd, watchdog } from "./processes.mjs";

/**
 * The embedded PostgreSQL with the settings that `npm start` gives it, and one more: commits are stamped, so that the
 * harness can tell to the microsecond when a run's last step became durable. Each target has a database of its own in it.
 */
export async function startCluster({ watchesStatements = false } = {}) {
  const home = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  chmodSync(home, 0o711);
  const server = await startEmbeddedPostgres({
    home,
    log: () => undefined,
    settings: {
      track_commit_timestamp: "on",
      ...(watchesStatements
        ? { shared_preload_libraries: "pg_stat_statements", "pg_stat_statements.track_planning": "on" }
        : {}),
    },
  });
  const endWatch = watchdog(server.pid, "INT");
  const close = onEnd(async () => {
    await server.stop();
    endWatch();
    rmSync(home, { recursive: true, force: true });
  });
  return {
    cpuMs: () => treeCpuMs(server.pid),
    close,
    /** A new, empty database: its URL, and a pool for the harness's own questions. */
    async createDatabase(name) {
      await administer(server.url, `CREATE DATABASE ${name}`);
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      const pool = new pg.Pool({ connectionString: url.href, max: 4, application_name: "millrace bench" });
      pool.on("error", () => undefined);
      if (watchesStatements) await pool.query("CREATE EXTENSION pg_stat_statements");
      const closePool = onEnd(() => pool.end());
      return {
        url: url.href,
        pool,
        drop: async () => {
          await closePool();
          await administer(server.url, `DROP DATABASE ${name} WITH (FORCE)`);
        },
      };
    },
  };
}

async function administer(url, statement) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
